import { contentModifier } from './content-modifier.ts';
import { errorEnd, escalationEnd, event, messageEnd, terminateEnd } from './event.ts';
import { jsonToXml } from './json-to-xml.ts';
import { processCall } from './process-call.ts';
import { requestReply, send } from './request-reply.ts';
import { script } from './script.ts';
import type { Step } from './step.ts';
import { xmlToJson } from './xml-to-json.ts';
import { xsltMapping } from './xslt-mapping.ts';

/** What runs a step, by its type; `steps/compilers.ts` has the same keys. */
export const steps: Readonly<Record<string, Step>> = {
  // Events
  StartEvent: event,
  MessageStartEvent: event,
  ErrorStartEvent: event,
  EndEvent: messageEnd,
  MessageEndEvent: messageEnd,
  ErrorEndEvent: errorEnd,
  EscalationEndEvent: escalationEnd,
  TerminateEndEvent: terminateEnd,
  TerminateEvent: terminateEnd,
  // Message transformers
  Enricher: contentModifier,
  JavaScript: script,
  XSLTMapping: xsltMapping,
  // Converters
  JsonToXmlConverter: jsonToXml,
  XmlToJsonConverter: xmlToJson,
  // Calls
  ExternalCall: requestReply,
  Send: send,
  NonLoopingProcess: processCall,
};
