/** Text of others, such as names of worlds and messages of errors, made harmless for a terminal and a page. */

/** Everything but tab and newline that moves a cursor, colours, rings or clears: C0, DEL, C1; and what turns text around. */
const CONTROLS = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/** The same text with a visible sign for each control character: ␛ for an escape. Tabs and newlines stay. */
export function printable(text: string): string {
  return text.replaceAll('\r\n', '\n').replace(CONTROLS, (character) => {
    const code = character.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code); // Unicode has a picture of each
    return code === 0x7f ? '\u2421' : '\ufffd';
  });
}

/** The same, on one line. */
export function printableLine(text: string): string {
  return printable(text).replace(/\s*\n\s*/g, ' ').replaceAll('\t', ' ');
}
