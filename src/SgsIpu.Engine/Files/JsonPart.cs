using System.Text.Json;

namespace SgsIpu.Engine.Files;

/// <summary>Reads the value before which the reader stands.</summary>
internal delegate T JsonPart<out T>(ref Utf8JsonReader json);
