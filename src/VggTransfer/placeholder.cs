namespace VggTransfer;
