/** A zip that is no iFlow bundle we can read; each fault is a whole sentence for who sent it. */
export class BundleFault extends Error {
  readonly faults: readonly string[];

  constructor(faults: readonly string[], cause?: unknown) {
    super(faults.join('\n'), { cause });
    this.name = 'BundleFault';
    this.faults = faults;
  }
}

/** A zip in good order that is something else than a bundle or an integration package. */
export class OtherZip extends BundleFault {
  constructor(fault: string) {
    super([fault]);
    this.name = 'OtherZip';
  }
}
