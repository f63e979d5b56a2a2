/** What is wrong with a file of keys and certificates: a sentence for whoever has sent it. */
export class KeyStoreFault extends Error {}
