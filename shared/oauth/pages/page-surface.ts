import type { Surface } from '../../http/endpoint.ts';
import { html } from './html.ts';
import { page } from './page.ts';

/** Errors as pages, for addresses that people come to. */
export const pageSurface: Surface = {
  toReply: (fault, { invocationId }) =>
    page({
      title: fault.status >= 500 ? 'That did not work' : 'That is not possible',
      status: fault.status,
      body: html`<p role="alert">${fault.message}</p>
        <p class="hint">Number of this call, for the operator: ${invocationId}</p>`,
    }),
};
