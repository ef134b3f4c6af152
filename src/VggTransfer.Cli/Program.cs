using VggTransfer.Cli;

return await Tool.RunAsync(args).ConfigureAwait(false);
