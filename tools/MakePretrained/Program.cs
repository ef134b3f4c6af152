// Makes pretrained/vgg16-imagenet-conv.safetensors from the 13 convolutions of Oxford's VGG16 in single precision:
// rounds them to half precision, attaches what must travel with them, and reports how exact the result is.
using System.Globalization;
using System.Security.Cryptography;
using VggTransfer.Images;
using VggTransfer.MakePretrained;
using VggTransfer.Models;
using VggTransfer.Safetensors;

if (args.Length != 2)
{
    Console.Error.WriteLine("Usage: MakePretrained IN.safetensors OUT.safetensors");
    return 2;
}

using VggModel source = SafetensorsModelReader.Read(args[0]);
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
SafetensorsModelWriter.Write(described, args[1], TensorType.Float16);

using VggModel written = SafetensorsModelReader.Read(args[1]);
Console.WriteLine(RoundingReport.Compare(source, written).ToText());
Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"bytes   {new FileInfo(args[1]).Length}"));
Console.WriteLine($"sha256  {Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(args[1])))}");
return 0;
