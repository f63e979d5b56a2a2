import type { StepCompiler } from './compiler.ts';
import { compileContentModifier } from './content-modifier.compile.ts';
import { compileEnd } from './event.compile.ts';
import { compileJsonToXml } from './json-to-xml.compile.ts';
import { compileProcessCall } from './process-call.compile.ts';
import { compileCall } from './request-reply.compile.ts';
import { compileScript } from './script.compile.ts';
import { compileXmlToJson } from './xml-to-json.compile.ts';
import { compileXsltMapping } from './xslt-mapping.compile.ts';

const nothing = (): null => null;

/** What compiles a step, by its type; `steps/index.ts` has the same keys. */
export const compilers: Readonly<Record<string, StepCompiler>> = {
  // Events
  StartEvent: nothing,
  MessageStartEvent: nothing,
  ErrorStartEvent: nothing,
  EndEvent: compileEnd,
  MessageEndEvent: compileEnd,
  ErrorEndEvent: compileEnd,
  EscalationEndEvent: compileEnd,
  TerminateEndEvent: nothing,
  TerminateEvent: nothing,
  // Message transformers
  Enricher: compileContentModifier,
  JavaScript: compileScript,
  XSLTMapping: compileXsltMapping,
  // Converters
  JsonToXmlConverter: compileJsonToXml,
  XmlToJsonConverter: compileXmlToJson,
  // Calls
  ExternalCall: compileCall,
  Send: compileCall,
  NonLoopingProcess: compileProcessCall,
};
