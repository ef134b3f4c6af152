using VggTransfer.Architectures;
// Makes pretrained/vgg16-imagenet-conv.safetensors from the 13 convolutions of Oxford's VGG16 in single precision:
// rounds them to half precision, attaches what must travel with them (with how far activations reach on photos, for computing in
// 8-bit integers), and reports how exact the result is.
using System.Globalization;
using System.Security.Cryptography;
using VggTransfer.Datasets;
using VggTransfer.MakePretrained;
using VggTransfer.Models;
using VggTransfer.Quantization;
using VggTransfer.Weights;

if (args.Length != 3)
{
    Console.Error.WriteLine("Usage: MakePretrained IN.safetensors OUT.safetensors FOLDER-OF-PHOTOS");
    return 2;
}

using VggModel source = WeightsFile.Read(args[0]).Model;
if (source.Architecture.IncludeTop || source.Architecture.ParameterCount != 14_714_688)
{
    Console.Error.WriteLine($"'{args[0]}' holds {source.Architecture.DisplayName}; the convolutions of VGG16 are expected.");
    return 1;
}

using var described = new VggModel(source.Architecture, source.Tensors.Values)
{
    // Oxford's network was trained on BGR minus the mean pixel; Keras passes it on unchanged.
    Preprocessing = PreprocessingFamily.KerasCaffe,
    Provenance = new ModelProvenance
    {
        Name = Path.GetFileNameWithoutExtension(args[1]),
        Authors = "Karen Simonyan and Andrew Zisserman, Visual Geometry Group, University of Oxford",
        Source = "http://www.robots.ox.ac.uk/~vgg/research/very_deep/",
        Licence = "CC-BY-4.0",
        TrainedOn = "ImageNet ILSVRC-2012",
        Changes = "ported by way of Keras, convolutions only (the dense layers fc6, fc7 and fc8 are left out), converted to float16, renamed to torchvision's names and layouts",
    },
};

// The features that train compares: a range that cuts large values off would hardly show in averages.
QuantizationResult measured = ModelQuantizer.Measure(described.ConvertTo(TensorType.Float16), ImageFolder.ListImages(args[2]), new QuantizationOptions
{
    Layer = FeatureLayer.Parse("block4_pool:avg+block4_pool:max+block5_pool:avg+block5_pool:max"),
    Strict = true,
});
WeightsFile.Write(described.WithActivationRanges(measured.Ranges), args[1], new WeightsWriteOptions { Storage = TensorType.Float16 });

using VggModel written = WeightsFile.Read(args[1]).Model;
Console.WriteLine(RoundingReport.Compare(source, written).ToText());
foreach (QuantizationTrial trial in measured.Trials)
{
    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"int8    {trial.Method}: cosine {trial.Similarity.MeanCosine:0.00000} on average, {trial.Similarity.LeastCosine:0.00000} at least, {trial.Similarity.Images} photos{(trial.Method == measured.Method ? "; taken" : "")}"));
}

Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes   {new FileInfo(args[1]).Length}"));
Console.WriteLine($"sha256  {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(args[1])))}");
return 0;
