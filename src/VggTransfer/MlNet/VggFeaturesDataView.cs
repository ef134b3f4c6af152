using System.Runtime.ExceptionServices;
using Microsoft.ML;
using Microsoft.ML.Data;
using VggTransfer.Features;

namespace VggTransfer.MlNet;

/// <summary>The input with one more column. Its rows can't be shuffled, so a row's position says which features are its.</summary>
internal sealed class VggFeaturesDataView : IDataView
{
    private readonly IDataView _input;
    private readonly DataViewSchema.Column _features;
    private readonly FeatureCache _cache;

    public VggFeaturesDataView(IDataView input, DataViewSchema schema, VggFeaturesColumns columns, string? imageFolder, FeatureExtractor extractor)
    {
        _input = input;
        Schema = schema;
        _features = schema[columns.Output];
        _cache = new FeatureCache(() => extractor.ExtractAll(ReadImages(columns, imageFolder)));
    }

    public bool CanShuffle => false;

    public DataViewSchema Schema { get; }

    public long? GetRowCount() => _input.GetRowCount();

    public DataViewRowCursor GetRowCursor(IEnumerable<DataViewSchema.Column> columnsNeeded, Random? rand = null)
    {
        HashSet<int> needed = [.. columnsNeeded.Select(column => column.Index)];
        IEnumerable<DataViewSchema.Column> inputColumns = _input.Schema.Where(column => needed.Contains(column.Index));
        return new Cursor(this, _input.GetRowCursor(inputColumns), needed.Contains(_features.Index));
    }

    public DataViewRowCursor[] GetRowCursorSet(IEnumerable<DataViewSchema.Column> columnsNeeded, int n, Random? rand = null) =>
        [GetRowCursor(columnsNeeded, rand)];

    private IEnumerable<ImageInput> ReadImages(VggFeaturesColumns columns, string? imageFolder)
    {
        DataViewSchema.Column column = _input.Schema[columns.Input];
        using DataViewRowCursor cursor = _input.GetRowCursor([column]);
        if (columns.InputKind == VggFeaturesInput.ImagePath)
        {
            ValueGetter<ReadOnlyMemory<char>> getPath = cursor.GetGetter<ReadOnlyMemory<char>>(column);
            ReadOnlyMemory<char> path = default;
            while (cursor.MoveNext())
            {
                getPath(ref path);
                yield return ImageInput.FromFile(imageFolder is null ? path.ToString() : Path.Combine(imageFolder, path.ToString()));
            }

            yield break;
        }

        ValueGetter<MLImage> getImage = cursor.GetGetter<MLImage>(column);
        MLImage? image = null;
        while (cursor.MoveNext())
        {
            getImage(ref image!);
            yield return image is null
                ? throw new InvalidOperationException($"Row {cursor.Position} has no image in column '{columns.Input}'; leave such rows out.")
                : ImageInput.FromMLImage(image, $"row {cursor.Position}");
        }
    }

    private sealed class Cursor(VggFeaturesDataView view, DataViewRowCursor input, bool featuresActive) : DataViewRowCursor
    {
        public override long Position => input.Position;

        public override long Batch => input.Batch;

        public override DataViewSchema Schema => view.Schema;

        public override bool IsColumnActive(DataViewSchema.Column column) =>
            column.Index == view._features.Index ? featuresActive : input.IsColumnActive(input.Schema[column.Index]);

        public override ValueGetter<TValue> GetGetter<TValue>(DataViewSchema.Column column)
        {
            if (column.Index != view._features.Index)
            {
                return input.GetGetter<TValue>(input.Schema[column.Index]);
            }

            if (!featuresActive)
            {
                throw new InvalidOperationException($"Column '{column.Name}' wasn't asked for when the cursor was made.");
            }

            ValueGetter<VBuffer<float>> getter = (ref VBuffer<float> destination) =>
            {
                float[] features = view._cache[Position];
                VBufferEditor<float> editor = VBufferEditor.Create(ref destination, features.Length);
                features.CopyTo(editor.Values);
                destination = editor.Commit();
            };
            return getter as ValueGetter<TValue> ?? throw new InvalidOperationException($"Column '{column.Name}' holds vectors of singles.");
        }

        public override ValueGetter<DataViewRowId> GetIdGetter() => input.GetIdGetter();

        public override bool MoveNext() => input.MoveNext();

        protected override void Dispose(bool disposing)
        {
            if (disposing)
            {
                input.Dispose();
            }

            base.Dispose(disposing);
        }
    }

    /// <summary>Features by row, computed in order up to the one asked for. Trainers pass over their data many times.</summary>
    private sealed class FeatureCache(Func<IEnumerable<ImageFeatures>> extract)
    {
        private readonly Lock _lock = new();
        private readonly List<float[]> _rows = [];
        private IEnumerator<ImageFeatures>? _source;

        public float[] this[long row]
        {
            get
            {
                lock (_lock)
                {
                    while (_rows.Count <= row)
                    {
                        _rows.Add(Next());
                    }

                    return _rows[(int)row];
                }
            }
        }

        private float[] Next()
        {
            _source ??= extract().GetEnumerator();
            if (!_source.MoveNext())
            {
                throw new InvalidOperationException("The data gave fewer rows in their second pass than in their first.");
            }

            ImageFeatures current = _source.Current;
            if (current.Error is not null)
            {
                // Whoever mends the file and asks again gets a pass from the beginning.
                _source.Dispose();
                _source = null;
                _rows.Clear();
                ExceptionDispatchInfo.Throw(current.Error);
            }

            return current.Values!;
        }
    }
}
