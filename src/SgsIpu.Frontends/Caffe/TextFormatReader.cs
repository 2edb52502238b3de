using System.Globalization;
using System.Text;
using SgsIpu.Core;

namespace SgsIpu.Frontends.Caffe;

/// <summary>
/// Reads protobuf's text format (https://protobuf.dev/reference/protobuf/textformat-spec): comments, messages in braces or angle brackets
/// with or without a colon, lists, joined strings, escapes, separators. It knows no schema.
/// </summary>
internal sealed class TextFormatReader
{
    /// <summary>A network nests no deeper than layer, parameter, filler; deeper files are hostile.</summary>
    private const int MaxDepth = 32;

    private const int MaxFields = 1 << 20;

    private readonly string _text;
    private readonly string _path;
    private int _at;
    private int _line = 1;
    private int _fields;

    private TextFormatReader(string text, string path)
    {
        _text = text;
        _path = path;
    }

    /// <exception cref="IpuException">The text is not in the format (id <c>CaffeSyntax</c>), with its line.</exception>
    public static TextMessage Read(string text, string path)
    {
        var reader = new TextFormatReader(text, path);
        return reader.ReadMessage('\0', 0);
    }

    private char Peek => _at < _text.Length ? _text[_at] : '\0';

    private TextMessage ReadMessage(char end, int depth)
    {
        if (depth > MaxDepth)
        {
            throw Wrong($"messages are nested deeper than {MaxDepth}");
        }

        var message = new TextMessage();
        while (true)
        {
            SkipBlanks();
            if (_at >= _text.Length)
            {
                return end == '\0' ? message : throw Wrong($"the file ends where '{end}' is missing");
            }

            if (Peek == end && end != '\0')
            {
                _at++;
                return message;
            }

            if (Peek is ';' or ',')
            {
                _at++;
                continue;
            }

            ReadField(message, depth);
        }
    }

    private void ReadField(TextMessage message, int depth)
    {
        int line = _line;
        string name = ReadFieldName();
        SkipBlanks();
        bool colon = Peek == ':';
        if (colon)
        {
            _at++;
            SkipBlanks();
        }

        if (Peek == '[')
        {
            _at++;
            ReadList(message, name, depth);
        }
        else if (Peek is '{' or '<')
        {
            Add(message, new TextField(name, ReadNested(depth), line));
        }
        else
        {
            Add(message, new TextField(name, colon ? ReadScalar() : throw Wrong($"':' or '{{' is missing after '{name}'"), line));
        }
    }

    private void ReadList(TextMessage message, string name, int depth)
    {
        SkipBlanks();
        if (Peek == ']')
        {
            _at++;
            return;
        }

        while (true)
        {
            SkipBlanks();
            int line = _line;
            Add(message, new TextField(name, Peek is '{' or '<' ? ReadNested(depth) : ReadScalar(), line));
            SkipBlanks();
            char next = Peek;
            _at++;
            if (next == ']')
            {
                return;
            }

            if (next != ',')
            {
                throw Wrong($"',' or ']' is missing in the list '{name}'");
            }
        }
    }

    private TextMessage ReadNested(int depth)
    {
        char end = Peek == '{' ? '}' : '>';
        _at++;
        return ReadMessage(end, depth + 1);
    }

    private void Add(TextMessage message, TextField field)
    {
        if (++_fields > MaxFields)
        {
            throw Wrong($"it has more than {MaxFields} fields");
        }

        message.Add(field);
    }

    /// <summary>A name, or an extension's name in square brackets.</summary>
    private string ReadFieldName()
    {
        if (Peek == '[')
        {
            int end = _text.IndexOf(']', _at);
            string extension = end > 0 ? _text[(_at + 1)..end].Trim() : "";
            _at = end + 1;
            return extension.Length > 0 ? extension : throw Wrong("an extension's name is not closed");
        }

        int start = _at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek == '_')
        {
            _at++;
        }

        return _at > start && !char.IsAsciiDigit(_text[start]) ? _text[start.._at] : throw Wrong($"a field's name is expected, found '{Excerpt(start)}'");
    }

    private object ReadScalar()
    {
        if (Peek is '"' or '\'')
        {
            return ReadStrings();
        }

        int start = _at;
        bool negative = Peek == '-';
        if (negative)
        {
            _at++;
            SkipBlanks();
        }

        int from = _at;
        while (char.IsAsciiLetterOrDigit(Peek) || Peek is '_' or '.' || (Peek is '+' or '-' && _at > from && _text[_at - 1] is 'e' or 'E' && (char.IsAsciiDigit(_text[from]) || _text[from] == '.')))
        {
            _at++;
        }

        string token = _text[from.._at];
        if (token.Length == 0)
        {
            throw Wrong($"a value is expected, found '{Excerpt(start)}'");
        }

        return char.IsAsciiDigit(token[0]) || token[0] == '.' ? Number(token, negative) : Word(token, negative);
    }

    private object Word(string token, bool negative) => token.ToLowerInvariant() switch
    {
        "inf" or "infinity" => negative ? float.NegativeInfinity : float.PositiveInfinity,
        "nan" => float.NaN,
        _ => negative ? throw Wrong($"'-{token}' is no number") : new TextName(token),
    };

    private object Number(string token, bool negative)
    {
        if (token.StartsWith("0x", StringComparison.OrdinalIgnoreCase))
        {
            return long.TryParse(token.AsSpan(2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out long hex) && hex >= 0
                ? negative ? -hex : hex
                : throw Wrong($"'{token}' is no number");
        }

        if (token.All(char.IsAsciiDigit))
        {
            // A leading 0 is octal in the format; files of the wild mean it only for 0 itself.
            return long.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out long integer)
                ? negative ? -integer : integer
                : throw Wrong($"'{token}' is beyond 64 bits");
        }

        ReadOnlySpan<char> digits = token.AsSpan().TrimEnd("fF");
        return float.TryParse(digits, NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent, CultureInfo.InvariantCulture, out float real)
            ? negative ? -real : real
            : throw Wrong($"'{token}' is no number");
    }

    /// <summary>One or more quoted strings side by side are one.</summary>
    private string ReadStrings()
    {
        var result = new StringBuilder();
        while (Peek is '"' or '\'')
        {
            char quote = Peek;
            _at++;
            while (Peek != quote)
            {
                if (_at >= _text.Length || Peek == '\n')
                {
                    throw Wrong("a string is not closed");
                }

                result.Append(Peek == '\\' ? ReadEscape() : _text[_at++]);
            }

            _at++;
            SkipBlanks();
        }

        return result.ToString();
    }

    private char ReadEscape()
    {
        _at++;
        char c = Peek;
        _at++;
        switch (c)
        {
            case 'n': return '\n';
            case 't': return '\t';
            case 'r': return '\r';
            case '\\' or '\'' or '"' or '?': return c;
            case 'x' or 'X': return (char)Digits(16, 2);
            case >= '0' and <= '7':
                _at--;
                return (char)Digits(8, 3);
            default: throw Wrong($"'\\{c}' is no escape");
        }
    }

    private int Digits(int radix, int most)
    {
        int value = 0;
        int count = 0;
        while (count < most && char.IsAsciiHexDigit(Peek) && Convert.ToInt32(Peek.ToString(), 16) is var digit && digit < radix)
        {
            value = (value * radix) + digit;
            _at++;
            count++;
        }

        return count > 0 ? value : throw Wrong("an escape has no digits");
    }

    private void SkipBlanks()
    {
        while (_at < _text.Length)
        {
            char c = _text[_at];
            if (c == '#')
            {
                while (_at < _text.Length && _text[_at] != '\n')
                {
                    _at++;
                }
            }
            else if (char.IsWhiteSpace(c) || c == '\uFEFF')
            {
                _line += c == '\n' ? 1 : 0;
                _at++;
            }
            else
            {
                return;
            }
        }
    }

    private string Excerpt(int start) => start < _text.Length ? _text[start..Math.Min(start + 16, _text.Length)].ReplaceLineEndings(" ") : "the end of the file";

    private IpuException Wrong(string what) =>
        new("CaffeSyntax", $"'{_path}', line {_line}: {what}") { Target = _path };
}
