using VggTransfer.Datasets;

namespace VggTransfer.DataQuality;

/// <summary>What one look at a file tells, without any network.</summary>
/// <param name="Image">The file and its class.</param>
/// <param name="IsValidation">Whether it is among the images to validate on.</param>
/// <param name="Bytes">The file's length.</param>
/// <param name="ContentHash">SHA-256 of the file.</param>
/// <param name="Picture">What it shows; null if it can't be read.</param>
/// <param name="Error">Why it can't be read, as a whole sentence; otherwise null.</param>
internal sealed record ScannedImage(LabeledImage Image, bool IsValidation, long Bytes, string ContentHash, ScannedPicture? Picture, string? Error);

/// <summary>A picture that was decoded.</summary>
/// <param name="Width">Columns, upright.</param>
/// <param name="Height">Rows, upright.</param>
/// <param name="PixelHash">SHA-256 of size and pixels: the same for the same picture in two lossless files.</param>
/// <param name="PerceptualHash">What it looks like from afar.</param>
/// <param name="Thumbnail">The picture at 16 x 16 pixels.</param>
/// <param name="Oddities">What is unusual about it.</param>
internal sealed record ScannedPicture(int Width, int Height, string PixelHash, ulong PerceptualHash, PictureThumbnail Thumbnail, IReadOnlyList<ImageOddity> Oddities);
