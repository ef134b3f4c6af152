using Mono.Cecil;

namespace VggTransfer.Tests.House;

/// <summary>An assembly as it was compiled, beside the tests.</summary>
internal sealed class CompiledAssembly : IDisposable
{
    private readonly ModuleDefinition _module;

    public CompiledAssembly(string name) => _module = ModuleDefinition.ReadModule(Path.Combine(AppContext.BaseDirectory, name + ".dll"));

    /// <summary>The assemblies that it refers to.</summary>
    public IReadOnlyList<string> References => [.. _module.AssemblyReferences.Select(reference => reference.Name)];

    /// <summary>All methods that have code.</summary>
    public IEnumerable<MethodDefinition> Methods => _module.GetTypes().SelectMany(type => type.Methods).Where(method => method.HasBody);

    public void Dispose() => _module.Dispose();

    /// <summary>For each namespace those of the same assembly that it uses, each with the first types found to do so.</summary>
    public Dictionary<(string From, string To), SortedSet<string>> NamespaceUses()
    {
        TypeDefinition[] types = [.. _module.GetTypes().Where(type => NamespaceOf(type).StartsWith(nameof(VggTransfer), StringComparison.Ordinal))];
        HashSet<string> own = [.. types.Select(NamespaceOf)];
        var uses = new Dictionary<(string From, string To), SortedSet<string>>();
        foreach (TypeDefinition type in types)
        {
            foreach (TypeReference used in TypesUsedBy(type).SelectMany(Parts).Where(used => used.Scope == _module && own.Contains(NamespaceOf(used))))
            {
                (string From, string To) pair = (NamespaceOf(type), NamespaceOf(used));
                if (pair.From != pair.To)
                {
                    uses.TryAdd(pair, new SortedSet<string>(StringComparer.Ordinal));
                    uses[pair].Add($"{Outermost(type).Name} -> {Outermost(used).Name}");
                }
            }
        }

        return uses;
    }

    /// <summary>The types of a namespace that use a type, of this assembly or another.</summary>
    public IEnumerable<string> UsersOf(string fullName, string fromNamespace) => _module.GetTypes()
        .Where(type => NamespaceOf(type) == fromNamespace && TypesUsedBy(type).SelectMany(Parts).Any(used => used.FullName == fullName))
        .Select(type => Outermost(type).Name)
        .Distinct();

    private static TypeReference Outermost(TypeReference type) => type.DeclaringType is { } outer ? Outermost(outer) : type;

    private static string NamespaceOf(TypeReference type) => Outermost(type).Namespace;

    /// <summary>The types that a type is made of: an array's elements, a generic type's arguments.</summary>
    private static IEnumerable<TypeReference> Parts(TypeReference? type) => type switch
    {
        null or GenericParameter => [],
        GenericInstanceType generic => generic.GenericArguments.SelectMany(Parts).Concat(Parts(generic.ElementType)),
        IModifierType modified => Parts(modified.ElementType).Concat(Parts(modified.ModifierType)),
        TypeSpecification specification => Parts(specification.ElementType),
        _ => [type],
    };

    private static IEnumerable<TypeReference?> TypesUsedBy(TypeDefinition type) =>
    [
        type.BaseType,
        .. type.Interfaces.Select(implementation => implementation.InterfaceType),
        .. Attributes(type),
        .. Constraints(type),
        .. type.Fields.SelectMany(field => Attributes(field).Prepend(field.FieldType)),
        .. type.Properties.SelectMany(Attributes),
        .. type.Events.SelectMany(Attributes),
        .. type.Methods.SelectMany(TypesUsedBy),
    ];

    private static IEnumerable<TypeReference?> TypesUsedBy(MethodDefinition method) =>
    [
        .. Signature(method),
        .. Attributes(method),
        .. Constraints(method),
        .. method.Parameters.SelectMany(Attributes),
        .. method.Overrides.Select(overridden => overridden.DeclaringType),
        .. method.HasBody ? method.Body.Variables.Select(variable => variable.VariableType) : [],
        .. method.HasBody ? method.Body.ExceptionHandlers.Select(handler => handler.CatchType) : [],
        .. method.HasBody ? method.Body.Instructions.SelectMany(instruction => TypesOf(instruction.Operand)) : [],
    ];

    private static IEnumerable<TypeReference?> TypesOf(object? operand) => operand switch
    {
        TypeReference type => [type],
        GenericInstanceMethod generic => Signature(generic).Append(generic.DeclaringType).Concat(generic.GenericArguments),
        MethodReference method => Signature(method).Append(method.DeclaringType),
        FieldReference field => [field.DeclaringType, field.FieldType],
        _ => [],
    };

    private static IEnumerable<TypeReference?> Signature(MethodReference method) =>
        method.Parameters.Select(parameter => parameter.ParameterType).Prepend(method.ReturnType);

    private static IEnumerable<TypeReference?> Constraints(IGenericParameterProvider provider) =>
        provider.GenericParameters.SelectMany(parameter => parameter.Constraints).Select(constraint => constraint.ConstraintType);

    /// <summary>Attributes, and types that are named in their arguments.</summary>
    private static IEnumerable<TypeReference?> Attributes(ICustomAttributeProvider provider) =>
        provider.CustomAttributes.SelectMany(attribute =>
            attribute.ConstructorArguments.Select(argument => argument.Value as TypeReference).Append(attribute.AttributeType));
}
