namespace VggTransfer.Weights.Formats.Keras;

/// <summary>Orders names with numbers in them as people do: <c>conv2d</c>, <c>conv2d_2</c>, <c>conv2d_10</c>.</summary>
internal sealed class KerasNames : IComparer<string>
{
    public static readonly KerasNames Order = new();

    /// <inheritdoc/>
    public int Compare(string? x, string? y)
    {
        ReadOnlySpan<char> left = x;
        ReadOnlySpan<char> right = y;
        while (!left.IsEmpty && !right.IsEmpty)
        {
            int leftDigits = Digits(left);
            int rightDigits = Digits(right);
            int order;
            if (leftDigits > 0 && rightDigits > 0)
            {
                ReadOnlySpan<char> a = left[..leftDigits].TrimStart('0');
                ReadOnlySpan<char> b = right[..rightDigits].TrimStart('0');
                order = a.Length != b.Length ? a.Length.CompareTo(b.Length) : a.CompareTo(b, StringComparison.Ordinal);
            }
            else
            {
                (leftDigits, rightDigits) = (1, 1);
                order = left[0].CompareTo(right[0]);
            }

            if (order != 0)
            {
                return order;
            }

            left = left[leftDigits..];
            right = right[rightDigits..];
        }

        return left.Length.CompareTo(right.Length);
    }

    private static int Digits(ReadOnlySpan<char> text)
    {
        int count = 0;
        while (count < text.Length && char.IsAsciiDigit(text[count]))
        {
            count++;
        }

        return count;
    }
}
