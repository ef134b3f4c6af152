using Microsoft.ML;
using Microsoft.ML.Data;

namespace VggTransfer.FineTuning;

/// <summary>
/// A fine-tuned VGG that classifies image files: the columns of the input, and probabilities and the predicted class. Its saved
/// form consists of ML.NET's own parts. Disposing it frees the network.
/// </summary>
public sealed class VggFineTuningTransformer : ITransformer, IDisposable
{
    private readonly TransformerChain<ITransformer> _chain;

    internal VggFineTuningTransformer(FineTunedImageClassifier result, TransformerChain<ITransformer> chain)
    {
        Result = result;
        _chain = chain;
    }

    /// <summary>What the training came to: metrics, epochs, warnings. It is disposed with this object.</summary>
    public FineTunedImageClassifier Result { get; }

    /// <inheritdoc/>
    public bool IsRowToRowMapper => true;

    /// <inheritdoc/>
    public DataViewSchema GetOutputSchema(DataViewSchema inputSchema) => _chain.GetOutputSchema(inputSchema);

    /// <inheritdoc/>
    public IDataView Transform(IDataView input) => _chain.Transform(input);

    /// <inheritdoc/>
    public IRowToRowMapper GetRowToRowMapper(DataViewSchema inputSchema) => ((ITransformer)_chain).GetRowToRowMapper(inputSchema);

    void ICanSaveModel.Save(ModelSaveContext ctx) => ((ICanSaveModel)_chain).Save(ctx);

    /// <inheritdoc/>
    public void Dispose()
    {
        _chain.Dispose();
        Result.Dispose();
    }
}
