/** Pieces of mdoc(7), the language of manual pages: text that no formatter takes for markup. */

/** Text as it shall be read: on a line of its own, or after a macro where `isArgument`. */
export function escape(text: string): string {
  const plain = text
    .replaceAll("\\", "\\e")
    .replaceAll("…", "...")
    .replaceAll("--", "\\-\\-")
    .replaceAll("–", "-")
    .replaceAll("“", '"')
    .replaceAll("”", '"')
    .replaceAll("’", "'")
    .replaceAll("~", "\\(ti")
    .replaceAll("^", "\\(ha")
    .replaceAll("`", "\\(ga");
  return plain.replaceAll(
    /[^\x20-\x7e\n]/g,
    (letter) => `\\[u${(letter.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}]`,
  );
}

/** A sentence or several as text lines, each sentence on a line of its own, as formatters want them. */
export function prose(text: string): string {
  return escape(text.trim())
    .replaceAll(/(?<=[a-z\])"'][.?!]) +(?=[A-Z])/g, "\n")
    .split("\n")
    .map((line) => line.trim())
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line))
    .filter(Boolean)
    .join("\n");
}

/** One argument of a macro: quoted, so that its words stay together and none is a macro itself. */
export function argument(text: string): string {
  const words = escape(text).replaceAll('"', "\\(dq");
  // Long alternatives may break after a bar.
  return `"${words.length < 40 ? words : words.replaceAll("|", "|\\:")}"`;
}

/** Lines as they stand, in a fixed font. */
export function literal(text: string): string {
  const lines = text
    .trimEnd()
    .split("\n")
    .map((line) => escape(line))
    .map((line) => (/^[.']/.test(line) ? `\\&${line}` : line));
  return `.Bd -literal -offset indent\n${lines.join("\n")}\n.Ed`;
}

/** The head of a page: title, section, the day of the release and what it is in a line. */
export function head(title: string, section: number, day: string, description: string): string {
  const [year = "", month = "", date = ""] = day.split("/");
  const name = new Date(Date.UTC(Number(year), Number(month) - 1, Number(date))).toLocaleDateString("en-US", {
    month: "long",
    timeZone: "UTC",
  });
  return `.Dd ${name} ${Number(date)}, ${year}
.Dt ${title.toUpperCase()} ${section}
.Os
.Sh NAME
.Nm ${title}
.Nd ${escape(description)}`;
}

const widthColumns = 78;

/** Makes a page of its parts: no empty lines, and text lines no longer than 78 columns. Displays stay as they are. */
export function page(parts: readonly string[]): string {
  let isDisplay = false;
  const lines = parts
    .join("\n")
    .split("\n")
    .flatMap((line) => {
      if (/^\.(?:Bd|Ed)\b/.test(line)) isDisplay = line.startsWith(".Bd");
      if (isDisplay) return [line.trimEnd()];
      return line === "" ? [] : line.startsWith(".") ? [line] : wrap(line);
    });
  return `${lines.join("\n")}\n`;
}

/** Breaks a text line at spaces; no piece may begin with what formatters take for markup. */
function wrap(line: string): string[] {
  const pieces: string[] = [];
  let piece = "";
  for (const word of line.split(" ")) {
    if (piece !== "" && piece.length + 1 + word.length > widthColumns && !/^[.']/.test(word)) {
      pieces.push(piece);
      piece = word;
    } else piece = piece === "" ? word : `${piece} ${word}`;
  }
  return [...pieces, piece];
}
