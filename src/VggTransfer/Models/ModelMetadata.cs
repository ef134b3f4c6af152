namespace VggTransfer.Models;
internal static class ModelMetadata { public static IReadOnlyDictionary<string,string> ToDictionary(VggModel model) => new Dictionary<string,string>{["x"]=model.ToString()!}; }
