namespace VggTransfer.Weights.Formats.Keras;

/// <summary>
/// Puts the layers of a model in the network's order where the file lists them in another: by the numbers in their names.
/// Batch norms go behind the convolutions of the same place.
/// </summary>
internal static class KerasOrder
{
    /// <summary>Orders layers with weights.</summary>
    public static IReadOnlyList<KerasOperation> Arrange(IReadOnlyList<KerasOperation> operations)
    {
        List<KerasOperation> convolutions = Sorted(operations, KerasKind.Convolution);
        List<KerasOperation> norms = Sorted(operations, KerasKind.BatchNormalization);
        if (!IsChain(convolutions))
        {
            // Names without numbers say nothing; the file's order may still be right.
            convolutions = [.. operations.Where(operation => operation.Kind == KerasKind.Convolution)];
            norms = [.. operations.Where(operation => operation.Kind == KerasKind.BatchNormalization)];
        }

        var arranged = new List<KerasOperation>();
        for (int i = 0; i < Math.Max(convolutions.Count, norms.Count); i++)
        {
            arranged.AddRange(convolutions.Skip(i).Take(1));
            arranged.AddRange(norms.Skip(i).Take(1));
        }

        arranged.AddRange(operations.Where(operation => operation.Kind is not (KerasKind.Convolution or KerasKind.BatchNormalization or KerasKind.Dense)));
        arranged.AddRange(Sorted(operations, KerasKind.Dense));
        return arranged;
    }

    private static List<KerasOperation> Sorted(IReadOnlyList<KerasOperation> operations, KerasKind kind) =>
        [.. operations.Where(operation => operation.Kind == kind).OrderBy(operation => operation.Name, KerasNames.Order)];

    /// <summary>Whether each convolution takes what the one before it gives.</summary>
    private static bool IsChain(List<KerasOperation> convolutions)
    {
        for (int i = 1; i < convolutions.Count; i++)
        {
            if (convolutions[i].Weights![KerasRoles.Kernel].Space.Dimensions[2] != convolutions[i - 1].Weights![KerasRoles.Kernel].Space.Dimensions[3])
            {
                return false;
            }
        }

        return true;
    }
}
