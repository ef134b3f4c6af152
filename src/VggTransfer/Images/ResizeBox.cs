namespace VggTransfer.Images;

/// <summary>The part of the source that is resized, in source pixels from the top left; fractions are allowed.</summary>
/// <param name="Left">Left edge, 0 or more.</param>
/// <param name="Top">Upper edge, 0 or more.</param>
/// <param name="Right">Right edge, above <paramref name="Left"/> and at most the width.</param>
/// <param name="Bottom">Lower edge, above <paramref name="Top"/> and at most the height.</param>
internal readonly record struct ResizeBox(float Left, float Top, float Right, float Bottom);
