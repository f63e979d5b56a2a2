import { compileTimer } from '../senders/timer.compile.ts';
import type { StepCompiler } from './compiler.ts';
import { compileContentEnricher } from './calls/content-enricher.compile.ts';
import { compileContentModifier } from './transformers/content-modifier.compile.ts';
import { compileCsvToXml } from './converters/csv-to-xml.compile.ts';
import {
  compileDelete,
  compileGet,
  compilePut,
  compileSelect,
} from './persistence/data-store.compile.ts';
import { compileEncoder, encoderCompilers } from './transformers/encoder.compile.ts';
import { compileEnd } from './events/event.compile.ts';
import { compileJsonToXml } from './converters/json-to-xml.compile.ts';
import { compileFilter } from './transformers/filter.compile.ts';
import { compileGather } from './routing/gather.compile.ts';
import { compileIdempotentCall } from './calls/idempotent-call.compile.ts';
import { compileLoopingProcess } from './calls/looping-process.compile.ts';
import {
  compileParallelMulticast,
  compileSequentialMulticast,
} from './routing/multicast.compile.ts';
import { compileRouter } from './routing/router.compile.ts';
import { compileGeneralSplitter, compileIteratingSplitter } from './routing/splitter.compile.ts';
import { compileProcessCall } from './calls/process-call.compile.ts';
import { compileCall } from './calls/request-reply.compile.ts';
import { compileScript } from './transformers/script.compile.ts';
import { compileWriteVariables } from './persistence/write-variables.compile.ts';
import { compileXmlSigner } from './security/xml-signer.compile.ts';
import { compileXmlValidator } from './validators/xml-validator.compile.ts';
import { compileXmlModifier } from './converters/xml-modifier.compile.ts';
import { compileXmlToCsv } from './converters/xml-to-csv.compile.ts';
import { compileXmlToJson } from './converters/xml-to-json.compile.ts';
import { compileXsltMapping } from './transformers/xslt-mapping.compile.ts';

const nothing = (): null => null;

/** What compiles a step, by its type; `steps/index.ts` has the same keys. */
export const compilers: Readonly<Record<string, StepCompiler>> = {
  // Events
  StartEvent: nothing,
  MessageStartEvent: nothing,
  ErrorStartEvent: nothing,
  intermediatetimer: compileTimer,
  EndEvent: compileEnd,
  MessageEndEvent: compileEnd,
  ErrorEndEvent: compileEnd,
  EscalationEndEvent: compileEnd,
  TerminateEndEvent: nothing,
  TerminateEvent: nothing,
  // Routing
  ExclusiveGateway: compileRouter,
  GeneralSplitter: compileGeneralSplitter,
  Camel: compileIteratingSplitter,
  Multicast: compileParallelMulticast,
  SequentialMulticast: compileSequentialMulticast,
  Join: nothing,
  Gather: compileGather,
  // Message transformers
  Filter: compileFilter,
  Enricher: compileContentModifier,
  JavaScript: compileScript,
  XSLTMapping: compileXsltMapping,
  Decoder: compileEncoder,
  Encoder: compileEncoder,
  ...encoderCompilers,
  // Converters
  CsvToXmlConverter: compileCsvToXml,
  JsonToXmlConverter: compileJsonToXml,
  XmlToCsvConverter: compileXmlToCsv,
  XmlToJsonConverter: compileXmlToJson,
  XmlModifier: compileXmlModifier,
  // Validators
  XmlValidator: compileXmlValidator,
  // Security
  XMLDigitalSignMessage: compileXmlSigner,
  // Calls
  ExternalCall: compileCall,
  Send: compileCall,
  contentEnricherWithLookup: compileContentEnricher,
  NonLoopingProcess: compileProcessCall,
  LoopingProcess: compileLoopingProcess,
  IdempotentProcessCall: compileIdempotentCall,
  // Persistence
  put: compilePut,
  get: compileGet,
  select: compileSelect,
  delete: compileDelete,
  Variables: compileWriteVariables,
};
