/** Kinds of artifacts that a package holds, as `SAP-BundleType` names them. */
export const ARTIFACT_KINDS = [
  'IntegrationFlow',
  'ScriptCollection',
  'ValueMapping',
  'MessageMapping',
] as const;

export type ArtifactKind = (typeof ARTIFACT_KINDS)[number];

/** As sentences name them. */
export const KIND_NOUNS: Readonly<Record<ArtifactKind, string>> = {
  IntegrationFlow: 'iFlow',
  ScriptCollection: 'script collection',
  ValueMapping: 'value mapping',
  MessageMapping: 'message mapping',
};

export function isArtifactKind(text: string): text is ArtifactKind {
  return ARTIFACT_KINDS.some((kind) => kind === text);
}
