import type { XmlName } from '../../../xml/xml-handler.ts';
import type { SplitPath } from './split-path.ts';

/** How far an element and those around it have come along a path: a bit for each number of steps. */
export interface Progress {
  /** Steps that end at the element. */
  readonly here: number;
  /** Steps that end at the element or one around it. */
  readonly within: number;
}

/** The document, where no step has been taken. */
export const AT_ROOT: Progress = { here: 1, within: 1 };

/** Follows a path while elements open, with no tree of them. */
export class PathMatcher {
  readonly #path: SplitPath;

  constructor(path: SplitPath) {
    this.#path = path;
  }

  enter(parent: Progress, name: XmlName, namespaceURI: string | null): Progress {
    let here = 0;
    for (const [index, step] of this.#path.entries()) {
      const from = step.anywhere ? parent.within : parent.here;
      if ((from & (1 << index)) === 0 || step.localName !== name.localName) continue;
      const { namespace } = step;
      const fits =
        'uri' in namespace
          ? namespace.uri === (namespaceURI ?? '')
          : namespace.prefix === name.prefix;
      if (fits) here |= 1 << (index + 1);
    }
    return { here, within: parent.within | here };
  }

  isWhole({ here }: Progress): boolean {
    return (here & (1 << this.#path.length)) !== 0;
  }
}
