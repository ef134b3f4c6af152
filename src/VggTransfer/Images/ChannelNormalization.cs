#pragma warning disable CS1591
namespace VggTransfer.Images;
public sealed record ChannelNormalization(bool Bgr, float Scale, float[] Mean, float[] StandardDeviation)
{
    public static ChannelNormalization For(PreprocessingFamily family) => family switch
    {
        PreprocessingFamily.KerasCaffe => new(true, 1, [103.939f, 116.779f, 123.68f], [1, 1, 1]),
        PreprocessingFamily.Torchvision => new(false, 1 / 255f, [0.485f, 0.456f, 0.406f], [0.229f, 0.224f, 0.225f]),
        _ => new(false, 1 / 255f, [0, 0, 0], [1, 1, 1]),
    };
    public int ModelChannel(int rgb) => Bgr ? 2 - rgb : rgb;
}
