/** Joins the Azurite of the data folder that is its argument, until SIGTERM. */
import { joinAzurite } from '../../../local/azurite.ts';

const [, , data = ''] = process.argv;
const joined = await joinAzurite(data);
const staying = setInterval(() => undefined, 1000);
process.once('SIGTERM', () => {
  clearInterval(staying);
  void joined.leave();
});
console.log(JSON.stringify(joined));
