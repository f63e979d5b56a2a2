import { type Html, html } from './html.ts';

/** What is wrong with a form: read out when the page comes, and named by the fields that it is about. */
export interface FormError {
  readonly text: string;
  /** Fields by name. */
  readonly fields: readonly string[];
}

const ERROR_ID = 'error';

/** The focus goes to it, so that a screen reader begins there. */
export function errorSummary(error: FormError | undefined): Html {
  if (error === undefined) return html``;
  return html`<p role="alert" id="${ERROR_ID}" tabindex="-1" autofocus>${error.text}</p>`;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly type: 'text' | 'password';
  /** HTML section 4.10.18.7.1, so that password managers know what goes here. */
  readonly autocomplete: string;
  readonly value?: string;
  readonly hint?: string;
  readonly maxLength: number;
  /** The focus begins here, where there is no error. */
  readonly first?: boolean;
}

/** An input with its label; `id` is its name. */
export function field(one: Field, error: FormError | undefined): Html {
  const isWrong = error?.fields.includes(one.name) === true;
  const hintId = `${one.name}-hint`;
  const described = [isWrong && ERROR_ID, one.hint !== undefined && hintId].filter(
    (id) => id !== false,
  );
  const attributes = [
    one.value !== undefined && html` value="${one.value}"`,
    one.type === 'text' && html` autocapitalize="none" spellcheck="false"`,
    described.length > 0 && html` aria-describedby="${described.join(' ')}"`,
    isWrong && html` aria-invalid="true"`,
    one.first === true && error === undefined && html` autofocus`,
  ];
  return html`<label for="${one.name}">${one.label}</label>
    ${one.hint !== undefined && html`<p class="hint" id="${hintId}">${one.hint}</p>`}
    <input
      id="${one.name}"
      name="${one.name}"
      type="${one.type}"
      autocomplete="${one.autocomplete}"
      maxlength="${one.maxLength}"
      required
      ${attributes}
    />`;
}

export function hidden(name: string, value: string): Html {
  return html`<input type="hidden" name="${name}" value="${value}" />`;
}
