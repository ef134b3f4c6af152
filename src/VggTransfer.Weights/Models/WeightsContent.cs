
namespace VggTransfer.Models;

/// <summary>What a weight file holds. Disposing it disposes the model.</summary>
/// <param name="Model">The network; its <see cref="VggModel.Preprocessing"/> is null unless the file says it.</param>
/// <param name="Format">What the file is.</param>
/// <param name="Notes">What else was found, and what of it was left out (a head of its own, an optimiser's state), as whole sentences.</param>
public sealed record WeightsContent(VggModel Model, WeightsFormat Format, IReadOnlyList<string> Notes) : IDisposable
{
    /// <inheritdoc/>
    public void Dispose() => Model.Dispose();
}
