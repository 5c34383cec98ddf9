/** HTML from templates in which every value is escaped. */

/** Text that is HTML already. */
class Html {
  constructor(text) {
    this.text = text;
  }

  toString() {
    return this.text;
  }
}

function escapeValue(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escapeValue).join('');
  return String(value).replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** A template's values become text; arrays are joined; results of `html` stay as they are. */
export function html(strings, ...values) {
  return new Html(
    strings.map((text, i) => text + (i < values.length ? escapeValue(values[i]) : '')).join(''),
  );
}

/** Text of the program itself that must not be escaped: a style sheet. */
export function trusted(text) {
  return new Html(text);
}
