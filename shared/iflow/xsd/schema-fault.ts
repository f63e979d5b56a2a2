export const XSD_NAMESPACE = 'http://www.w3.org/2001/XMLSchema';

/** A schema that cannot be used. `message` is a clause. */
export class SchemaFault extends Error {
  /** The bundle does not have it. */
  readonly isAbsent: boolean;

  constructor(message: string, isAbsent = false) {
    super(message);
    this.name = 'SchemaFault';
    this.isAbsent = isAbsent;
  }
}
