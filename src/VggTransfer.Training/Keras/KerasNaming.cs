using System.Text;

namespace VggTransfer.Keras;

/// <summary>How Keras names layers that were given no name (keras/src/utils/generic_utils.py, <c>to_snake_case</c>).</summary>
internal static class KerasNaming
{
    /// <summary><c>Conv2D</c> to <c>conv2d</c>, <c>MaxPooling2D</c> to <c>max_pooling2d</c>, <c>ReLU</c> to <c>re_lu</c>.</summary>
    public static string ToSnakeCase(string className)
    {
        // Keras's two steps: an underscore before an upper-case letter that lower-case ones follow, then between a
        // lower-case letter and an upper-case one. A digit before an upper-case letter gets none.
        var text = new StringBuilder();
        for (int i = 0; i < className.Length; i++)
        {
            bool startsWord = i > 0 && char.IsUpper(className[i])
                && ((i + 1 < className.Length && char.IsLower(className[i + 1])) || char.IsLower(className[i - 1]));
            if (startsWord)
            {
                text.Append('_');
            }

            text.Append(char.ToLowerInvariant(className[i]));
        }

        return text.ToString();
    }
}
