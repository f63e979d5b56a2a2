import { type Task, TaskFailure } from '../../../tasks/task.ts';
import type { Body } from '../../../exchange.ts';
import { decodeText } from './charset.ts';
import { CsvFault, csvToXml, type CsvToXmlSettings } from './csv-to-xml.ts';

export interface CsvToXmlCall {
  readonly body: Body;
  /** Of a body of bytes. */
  readonly charset: string;
  readonly settings: CsvToXmlSettings;
}

export const csvToXmlTask: Task<CsvToXmlCall, string> = {
  run({ body, charset, settings }) {
    try {
      return csvToXml(decodeText(body, charset), settings);
    } catch (error) {
      if (!(error instanceof CsvFault)) throw error;
      throw new TaskFailure(
        'conversion',
        `The message body cannot be converted from CSV to XML: ${error.message}.`,
        error,
      );
    }
  },
};
