namespace VggTransfer.Weights.Formats.Caffe;

/// <summary>What a <c>.caffemodel</c> says, without any judgement on it.</summary>
/// <param name="Name">The net's name.</param>
/// <param name="Layers">The layers in the file's order.</param>
/// <param name="InputShape">The input's dimensions, (N, C, H, W), where the file has them.</param>
internal sealed record CaffeNet(string Name, IReadOnlyList<CaffeLayer> Layers, IReadOnlyList<long> InputShape);
