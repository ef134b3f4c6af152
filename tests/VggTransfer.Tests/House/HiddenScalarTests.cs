using Mono.Cecil;

namespace VggTransfer.Tests.House;

/// <summary>
/// TorchSharp frees a Scalar's native memory when the garbage collector finds the object unused, which it may be while libtorch still reads the number.
/// Our code keeps the numbers that it hands over; it must not call what makes numbers of its own. Oracle: TorchSharp's compiled code.
/// </summary>
public sealed class HiddenScalarTests
{
    [Fact]
    public void Training_calls_nothing_of_TorchSharp_that_makes_numbers_for_itself()
    {
        HashSet<string> hidden = HiddenScalarMethods();

        // The sum of two tensors is the one that is easily overlooked.
        Assert.Contains(hidden, name => name.EndsWith("Tensor::op_Addition(TorchSharp.torch/Tensor,TorchSharp.torch/Tensor)", StringComparison.Ordinal));

        using var training = new CompiledAssembly("VggTransfer.Training");
        IEnumerable<string> found =
            from method in training.Methods
            where method.DeclaringType.Name != "KeptScalar"
            from called in Called(method)
            where MakesScalar(called) || hidden.Contains(called.FullName)
            select $"{method.DeclaringType.Name}.{method.Name} calls {called.FullName}";
        Assert.Empty(found.Distinct());
    }

    /// <summary>All methods of TorchSharp that make a Scalar, or call one that does.</summary>
    private static HashSet<string> HiddenScalarMethods()
    {
        using var torchSharp = new CompiledAssembly("TorchSharp");
        (string Name, HashSet<string> Called, bool Makes, string[] Overridden)[] methods =
        [
            .. from method in torchSharp.Methods
               where method.DeclaringType.FullName is not ("TorchSharp.Scalar" or "TorchSharp.ScalarExtensionMethods")
               let called = Called(method).ToArray()
               select (method.FullName, called.Select(reference => reference.FullName).ToHashSet(StringComparer.Ordinal), called.Any(MakesScalar), Overridden(method).ToArray()),
        ];
        HashSet<string> hidden = [.. methods.Where(method => method.Makes).Select(method => method.Name)];
        int before;
        do
        {
            before = hidden.Count;
            hidden.UnionWith(methods.Where(method => method.Called.Overlaps(hidden)).Select(method => method.Name));

            // Who calls a virtual method may get the one that overrides it.
            hidden.UnionWith(methods.Where(method => hidden.Contains(method.Name)).SelectMany(method => method.Overridden));
        }
        while (hidden.Count > before);
        return hidden;
    }

    private static bool MakesScalar(MethodReference method) => method.DeclaringType.FullName switch
    {
        "TorchSharp.Scalar" => method.Name == ".ctor" || method.Name.StartsWith("op_", StringComparison.Ordinal),
        "TorchSharp.ScalarExtensionMethods" => true,
        _ => false,
    };

    /// <summary>The methods called or made into delegates; TorchSharp's as they are defined, whatever their type arguments.</summary>
    private static IEnumerable<MethodReference> Called(MethodDefinition method) =>
        from reference in method.Body.Instructions.Select(instruction => instruction.Operand).OfType<MethodReference>()
        let isTorchSharps = reference.DeclaringType.Scope?.Name is "TorchSharp" or "TorchSharp.dll"
        select (isTorchSharps ? reference.Resolve() : null) ?? reference.GetElementMethod();

    private static IEnumerable<string> Overridden(MethodDefinition method)
    {
        if (!method.IsVirtual || !method.IsReuseSlot)
        {
            yield break;
        }

        for (var type = method.DeclaringType.BaseType?.GetElementType() as TypeDefinition; type is not null; type = type.BaseType?.GetElementType() as TypeDefinition)
        {
            foreach (MethodDefinition other in type.Methods.Where(other => other.IsVirtual && other.Name == method.Name && other.Parameters.Count == method.Parameters.Count))
            {
                yield return other.FullName;
            }
        }
    }
}
