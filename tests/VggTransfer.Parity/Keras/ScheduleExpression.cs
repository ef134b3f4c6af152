using System.Globalization;
using System.Text.RegularExpressions;

namespace VggTransfer.Parity.Keras;

/// <summary>
/// A learning rate as a function of the epoch and the rate before, written in Python, such as <c>0.1 * 0.5 ** (epoch // 3)</c>:
/// numbers, the two names, arithmetic, comparisons, <c>if</c>/<c>else</c> and a few functions of <c>math</c>. The goldens' own
/// notations for the same are read, too: <c>0.1 if epoch &lt; 5; else 0.01</c>, <c>epoch 0: lr unchanged; else lr*0.9</c> and
/// <c>epoch -> 0.01/(epoch+1)</c>.
/// </summary>
internal sealed partial class ScheduleExpression
{
    private const int LongestText = 1000;
    private const int DeepestNesting = 50;

    private static readonly Dictionary<string, Func<double[], double>> s_functions = new(StringComparer.Ordinal)
    {
        ["min"] = values => values.Min(),
        ["max"] = values => values.Max(),
        ["abs"] = values => Math.Abs(One(values)),
        ["int"] = values => Math.Truncate(One(values)),
        ["float"] = One,
        ["pow"] = values => values.Length == 2 ? Math.Pow(values[0], values[1]) : throw new InvalidDataException("pow takes two values."),
        ["exp"] = values => Math.Exp(One(values)),
        ["log"] = values => Math.Log(One(values)),
        ["sqrt"] = values => Math.Sqrt(One(values)),
        ["cos"] = values => Math.Cos(One(values)),
        ["sin"] = values => Math.Sin(One(values)),
        ["floor"] = values => Math.Floor(One(values)),
        ["ceil"] = values => Math.Ceiling(One(values)),
    };

    private readonly Node _root;

    private ScheduleExpression(Node root) => _root = root;

    /// <summary>A number as Python has it: whether it is an int matters to Keras, which wants a float.</summary>
    public readonly record struct Value(double Number, bool IsInteger);

    private delegate Value Node(int epoch, double rate);

    /// <exception cref="InvalidDataException">It isn't understood; the message says where.</exception>
    public static ScheduleExpression Parse(string text)
    {
        if (text.Length > LongestText)
        {
            throw new InvalidDataException($"The schedule is longer than {LongestText} characters.");
        }

        string expression = Comment().Replace(text, "").Trim();
        string[] names = ["epoch", "lr"];
        if (Parameters().Match(expression) is { Success: true } parameters)
        {
            names = [.. (parameters.Groups[1].Value + parameters.Groups[2].Value).Split(',').Select(name => name.Trim().Split('=')[0])];
            expression = expression[parameters.Length..];
        }

        return new ScheduleExpression(new Parser(text, AsOneExpression(expression), names).ParseAll());
    }

    /// <summary>The rate; Keras refuses an int.</summary>
    public Value At(int epoch, double rate) => _root(epoch, rate);

    // "A if C; B if D; else E" is "A if C else B if D else E"; "C: A; else E" is "A if C else E".
    private static string AsOneExpression(string text)
    {
        string[] clauses = [.. text.Split(';', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries)];
        return string.Join(" else ", clauses.Select(clause =>
        {
            string plain = Unchanged().Replace(Else().Replace(clause, ""), "lr");
            return plain.Split(':') is [string condition, string value] ? $"{value} if {EpochIs().Replace(condition, "epoch == $1")}" : plain;
        }));
    }

    private static double One(double[] values) => values.Length == 1 ? values[0] : throw new InvalidDataException("A function got more or fewer values than it takes.");

    /// <summary>A descent through Python's grammar of expressions, loosest operators first.</summary>
    private sealed class Parser(string text, string expression, string[] names)
    {
        private readonly string[] _tokens = [.. Token().Matches(expression).Select(token => token.Value.Trim())];
        private int _next;
        private int _depth;

        private string Peek => _next < _tokens.Length ? _tokens[_next] : "";

        public Node ParseAll()
        {
            Node root = Conditional();
            return _next == _tokens.Length ? root : throw Fault();
        }

        private Node Conditional()
        {
            if (++_depth > DeepestNesting)
            {
                throw new InvalidDataException($"The schedule '{text}' is nested more than {DeepestNesting} levels deep.");
            }

            Node value = Or();
            if (Take("if"))
            {
                Node condition = Or();
                Expect("else");
                Node otherwise = Conditional();
                Node chosen = value;
                value = (epoch, rate) => IsTrue(condition(epoch, rate)) ? chosen(epoch, rate) : otherwise(epoch, rate);
            }

            _depth--;
            return value;
        }

        private Node Or() => Chain(And, (first, second) => (epoch, rate) => first(epoch, rate) is var value && IsTrue(value) ? value : second(epoch, rate), "or");

        private Node And() => Chain(Not, (first, second) => (epoch, rate) => first(epoch, rate) is var value && !IsTrue(value) ? value : second(epoch, rate), "and");

        private Node Not()
        {
            bool negated = false;
            while (Take("not"))
            {
                negated = !negated;
            }

            Node value = Comparison();
            return negated ? (epoch, rate) => Truth(!IsTrue(value(epoch, rate))) : value;
        }

        // a < b < c is a < b and b < c.
        private Node Comparison()
        {
            Node first = Sum();
            List<(string Operator, Node Right)> rest = [];
            while (Peek is "<" or "<=" or ">" or ">=" or "==" or "!=")
            {
                rest.Add((_tokens[_next++], Sum()));
            }

            return rest.Count == 0 ? first : (epoch, rate) =>
            {
                double left = first(epoch, rate).Number;
                foreach ((string comparison, Node right) in rest)
                {
                    double value = right(epoch, rate).Number;
                    if (!Holds(comparison, left, value))
                    {
                        return Truth(false);
                    }

                    left = value;
                }

                return Truth(true);
            };
        }

        private Node Sum() => Arithmetic(Term, "+", "-");

        private Node Term() => Arithmetic(Factor, "*", "/", "//", "%");

        private Node Factor()
        {
            bool negative = false;
            while (Peek is "+" or "-")
            {
                negative ^= _tokens[_next++] == "-";
            }

            Node value = Power();
            return negative ? (epoch, rate) => value(epoch, rate) is var given ? given with { Number = -given.Number } : default : value;
        }

        // Binds closer than a sign on its left, and not as close as one on its right.
        private Node Power()
        {
            Node value = Atom();
            if (!Take("**"))
            {
                return value;
            }

            if (++_depth > DeepestNesting)
            {
                throw Fault();
            }

            Node exponent = Factor();
            _depth--;
            return (epoch, rate) => Calculate("**", value(epoch, rate), exponent(epoch, rate));
        }

        private Node Atom()
        {
            if (Take("("))
            {
                Node inner = Conditional();
                Expect(")");
                return inner;
            }

            string token = Peek;
            if (token.Length == 0)
            {
                throw Fault();
            }

            _next++;
            if (char.IsAsciiDigit(token[0]) || token[0] == '.')
            {
                bool isInteger = token.All(char.IsAsciiDigit);
                return double.TryParse(token, NumberStyles.Float, CultureInfo.InvariantCulture, out double number) ? (_, _) => new Value(number, isInteger) : throw Fault();
            }

            if (Peek == "(" && Library().Replace(token, "") is var function && s_functions.TryGetValue(function, out Func<double[], double>? apply))
            {
                return Call(function, apply);
            }

            return Library().Replace(token, "") == "pi" ? (_, _) => new Value(Math.PI, false)
                : token == names[0] ? (epoch, _) => new Value(epoch, true)
                : token == names.ElementAtOrDefault(1) ? (_, rate) => new Value(rate, false)
                : throw Fault(_next - 1);
        }

        private Node Call(string name, Func<double[], double> apply)
        {
            Expect("(");
            List<Node> arguments = [Conditional()];
            while (Take(","))
            {
                arguments.Add(Conditional());
            }

            Expect(")");
            return (epoch, rate) =>
            {
                Value[] values = [.. arguments.Select(argument => argument(epoch, rate))];
                bool isInteger = name is "int" or "floor" or "ceil" || (name is "min" or "max" or "abs" or "pow" && values.All(value => value.IsInteger));
                return new Value(apply([.. values.Select(value => value.Number)]), isInteger);
            };
        }

        private Node Arithmetic(Func<Node> operand, params string[] operators)
        {
            Node value = operand();
            while (operators.Contains(Peek))
            {
                string operation = _tokens[_next++];
                (Node left, Node right) = (value, operand());
                value = (epoch, rate) => Calculate(operation, left(epoch, rate), right(epoch, rate));
            }

            return value;
        }

        private Node Chain(Func<Node> operand, Func<Node, Node, Node> join, string word)
        {
            Node value = operand();
            while (Take(word))
            {
                value = join(value, operand());
            }

            return value;
        }

        private Value Calculate(string operation, Value left, Value right)
        {
            (double a, double b) = (left.Number, right.Number);
            if (b == 0 && operation is "/" or "//" or "%")
            {
                throw new InvalidDataException($"The schedule '{text}' divides by zero.");
            }

            bool integers = left.IsInteger && right.IsInteger;
            return operation switch
            {
                "+" => new Value(a + b, integers),
                "-" => new Value(a - b, integers),
                "*" => new Value(a * b, integers),
                "/" => new Value(a / b, false),
                "//" => new Value(Math.Round((a - Modulo(a, b)) / b), integers),
                "%" => new Value(Modulo(a, b), integers),
                _ => new Value(Math.Pow(a, b), integers && b >= 0),
            };
        }

        // With the divisor's sign; // follows from it, so that 1 // 0.1 is 9, as 0.1 is a little more than a tenth.
        private static double Modulo(double a, double b) => a % b is var rest && rest != 0 && rest < 0 != b < 0 ? rest + b : rest;

        private static bool Holds(string comparison, double left, double right) => comparison switch
        {
            "<" => left < right,
            "<=" => left <= right,
            ">" => left > right,
            ">=" => left >= right,
            "==" => left == right,
            _ => left != right,
        };

        private static bool IsTrue(Value value) => value.Number != 0;

        private static Value Truth(bool value) => new(value ? 1 : 0, true);

        private bool Take(string token)
        {
            bool found = Peek == token;
            _next += found ? 1 : 0;
            return found;
        }

        private void Expect(string token)
        {
            if (!Take(token))
            {
                throw Fault();
            }
        }

        private InvalidDataException Fault(int? at = null) => new(
            $"The schedule '{text}' isn't understood{((at ?? _next) < _tokens.Length ? $" at '{_tokens[at ?? _next]}'" : ": it ends too early")}.");
    }

    // Behind a value, brackets can't be a part of the expression: "lr*0.9 (lr is read back as float32)".
    [GeneratedRegex(@"(?<=[\w)])(?<!\b(?:if|else|and|or|not))\s+\([^()]*\)\s*$")]
    private static partial Regex Comment();

    [GeneratedRegex(@"^(?:lambda\s+([^:]+):|\(?\s*(\w+(?:\s*,\s*\w+)?)\s*\)?\s*->)\s*(?:return\s)?")]
    private static partial Regex Parameters();

    [GeneratedRegex(@"^else\s")]
    private static partial Regex Else();

    [GeneratedRegex(@"^epoch\s+([0-9]+)$")]
    private static partial Regex EpochIs();

    [GeneratedRegex(@"\blr unchanged\b|\bunchanged\b")]
    private static partial Regex Unchanged();

    [GeneratedRegex(@"^(?:math|np|numpy)\.")]
    private static partial Regex Library();

    // What is none of these is a token by itself, to be complained of.
    [GeneratedRegex(@"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|[A-Za-z_][A-Za-z0-9_.]*|\*\*|//|[<>=!]=|\S")]
    private static partial Regex Token();
}
