import { readFile } from 'node:fs/promises';
import { type ArtifactKind, KIND_NOUNS } from '../../shared/iflow/bundle/artifact-kind.ts';
import { setOf } from '../../shared/iflow/design/artifact-rules.ts';
import { objectIn, textIn } from '../api/json.ts';
import type { Api } from './api.ts';
import { type Content, findContents, type NoContent } from './find-content.ts';
import type { ImportOptions } from './options.ts';

export interface Summary {
  /** By noun, such as `iFlow`. */
  readonly imported: ReadonlyMap<string, number>;
  readonly packages: number;
  readonly refused: number;
  readonly warnings: number;
  /** Zips in folders that hold nothing to import. */
  readonly leftOut: number;
}

type Bundle = Extract<Content, { readonly type: 'bundle' }>;
type Package = Extract<Content, { readonly type: 'package' }>;

/**
 * Imports all zips. What iFlows refer to comes before them: single script collections, value mappings
 * and message mappings first, then packages, then single iFlows.
 * @param say gets a line for each artifact.
 */
export async function importContent(
  api: Api,
  { paths, overwrite, packageId }: Pick<ImportOptions, 'paths' | 'overwrite' | 'packageId'>,
  say: (line: string) => void,
): Promise<Summary> {
  const imported = new Map<string, number>();
  /** Those that have come in as bundles of their own, by the package that they are in. */
  const singleFlows = new Map<string, readonly string[]>();
  let packages = 0;
  let refused = 0;
  let warnings = 0;
  let leftOut = 0;
  const tell = (what: string, kind: string, name: string, text = ''): void =>
    say(`${what.padEnd(9)} ${kind.padEnd(17)} ${name}${text === '' ? '' : `: ${text}`}`);
  const take = (kind: ArtifactKind, name: string): void => {
    imported.set(KIND_NOUNS[kind], (imported.get(KIND_NOUNS[kind]) ?? 0) + 1);
    tell('imported', KIND_NOUNS[kind], name);
  };
  const refuse = (kind: string, name: string, text: string): void => {
    refused += 1;
    tell('refused', kind, name, text);
  };

  const warn = (kind: string, name: string, text: string): void => {
    warnings += 1;
    tell('warning', kind, name, text);
  };

  const importPackage = async (content: Package): Promise<void> => {
    const answer = await api.send(
      'POST',
      `IntegrationPackages${overwrite ? '?Overwrite=true' : ''}`,
      { PackageContent: await readFile(content.path, 'base64') },
    );
    if (!answer.ok) {
      refuse('package', `${content.id} (${content.path})`, answer.text);
      return;
    }
    packages += 1;
    const messages = messagesIn(objectIn(answer.entity, 'ImportMessages'));
    const errors = new Map(
      messages
        .filter((one) => textIn(one, 'Severity') === 'error')
        .map((one) => [textIn(one, 'ArtifactId'), textIn(one, 'Text')]),
    );
    for (const { id, kind } of content.artifacts) {
      const name = `${id} (${content.id})`;
      const fault = errors.get(id);
      if (fault === undefined) take(kind, name);
      else refuse(KIND_NOUNS[kind], name, fault);
    }
    for (const { id, text } of warningsIn(messages)) warn('iFlow', id, text);
    if (content.artifacts.length === 0)
      tell('imported', 'package', `${content.id}, without artifacts`);
  };

  const importBundle = async ({ kind, id, name, path }: Bundle): Promise<void> => {
    const set = setOf(kind);
    const key = `${set}(Id='${encodeURIComponent(id.replaceAll("'", "''"))}',Version='active')`;
    const content = { ArtifactContent: await readFile(path, 'base64') };
    const there = await api.send('GET', key);
    const inPackage = (there.ok && textIn(there.entity, 'PackageId')) || packageId;
    const shown = `${id} (${inPackage})`;
    const answer = there.ok
      ? overwrite
        ? await api.send('PUT', key, { Name: name, ...content })
        : { ok: false as const, text: 'It is there. --overwrite replaces it.' }
      : await create(set, { Id: id, Name: name, PackageId: packageId, ...content });
    if (!answer.ok) {
      refuse(KIND_NOUNS[kind], shown, answer.text);
      return;
    }
    take(kind, shown);
    if (kind !== 'IntegrationFlow') return;
    singleFlows.set(inPackage, [...(singleFlows.get(inPackage) ?? []), id]);
  };

  /** Asks once for a package, not for each iFlow: the answer has what is said of all in it. */
  const warnOfSingleFlows = async (): Promise<void> => {
    for (const [inPackage, ids] of singleFlows) {
      const path = `IntegrationPackages('${encodeURIComponent(inPackage)}')/ImportMessages`;
      const answer = await api.send('GET', path);
      if (!answer.ok) {
        warn('package', inPackage, `Its addresses could not be checked. ${answer.text}`);
        continue;
      }
      for (const { id, text } of warningsIn(messagesIn(answer.entity))) {
        // Of two iFlows that clash one has the warning, and the other is named in it.
        const isOurs = ids.includes(id) || ids.some((own) => text.includes(`(${own})`));
        if (isOurs) warn('iFlow', id, text);
      }
    }
  };

  /** In the package, which is made if it is not there. */
  const create = async (set: string, artifact: object) => {
    const there = await api.send('GET', `IntegrationPackages('${encodeURIComponent(packageId)}')`);
    if (!there.ok && there.status !== 404) return there;
    if (!there.ok) {
      const texts = { ShortText: 'Artifacts that were imported one by one' };
      const made = await api.send('POST', 'IntegrationPackages', {
        ...{ Id: packageId, Name: packageId, ...texts },
      });
      if (!made.ok) return made;
    }
    return api.send('POST', set, artifact);
  };

  const leaveOut = ({ path, text, isOther }: NoContent): void => {
    if (!isOther) refuse('zip', path, text);
    else {
      leftOut += 1;
      tell('left out', 'zip', path, text);
    }
  };

  const contents = await findContents(paths);
  const turnOf = (content: Content | NoContent): number => {
    if (content.type === 'package') return 1;
    return content.type === 'bundle' && content.kind === 'IntegrationFlow' ? 2 : 0;
  };
  for (const content of contents.sort((a, b) => turnOf(a) - turnOf(b))) {
    if (content.type === 'package') await importPackage(content);
    else if (content.type === 'bundle') await importBundle(content);
    else leaveOut(content);
  }
  await warnOfSingleFlows();
  return { imported, packages, refused, warnings, leftOut };
}

const messagesIn = ({ results }: Readonly<Record<string, unknown>>): readonly unknown[] =>
  Array.isArray(results) ? results : [];

const warningsIn = (messages: readonly unknown[]) =>
  messages
    .filter((one) => textIn(one, 'Severity') === 'warning')
    .map((one) => ({ id: textIn(one, 'ArtifactId'), text: textIn(one, 'Text') }));
