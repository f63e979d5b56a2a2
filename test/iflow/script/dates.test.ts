import assert from 'node:assert/strict';
import { test } from 'node:test';
import { process, startEngine } from './engine.ts';

const engine = startEngine();

/** Expressions and what they come to; `format` and `parse` are in `zone`. */
function comeTo(expected: Readonly<Record<string, unknown>>): () => Promise<void> {
  return async () => {
    const expressions = Object.keys(expected)
      .map((expression) => `try { out.push(${expression}); } catch (e) { out.push(String(e)); }`)
      .join('\n');
    const source = `
      importClass(java.text.SimpleDateFormat);
      var at = Date.UTC(2026, 0, 2, 13, 4, 5, 6), out = [];
      function zoned(pattern, zone) {
        var format = new SimpleDateFormat(pattern);
        if (zone) format.setTimeZone(java.util.TimeZone.getTimeZone(zone));
        return format;
      }
      function format(pattern, zone) { return zoned(pattern, zone).format(new java.util.Date(at)); }
      function parse(pattern, text, zone) {
        return new Date(zoned(pattern, zone).parse(text).getTime()).toISOString();
      }
      function calendar(zone) {
        var c = java.util.Calendar.getInstance(java.util.TimeZone.getTimeZone(zone || "UTC"));
        c.setTimeInMillis(at); return c;
      }
      function added(field, amount, zone) {
        var c = calendar(zone); c.add(java.util.Calendar[field], amount); return c.getTime().toISOString();
      }
      ${expressions}
      message.setBody(JSON.stringify(out));`;
    const { body } = await process(engine, source);
    const values = JSON.parse(String(body)) as unknown[];
    assert.deepEqual(
      Object.keys(expected).map((expression, i) => [expression, values[i]]),
      Object.entries(expected),
    );
  };
}

test(
  'SimpleDateFormat writes dates, in UTC or in a zone',
  comeTo({
    "format(\"yyyy-MM-dd'T'HH:mm:ss.SSS'Z'\")": '2026-01-02T13:04:05.006Z',
    'format("EEE, d MMM yy h:mm a")': 'Fri, 2 Jan 26 1:04 PM',
    'format("dd.MM.yyyy HH:mm Z", "Europe/Berlin")': '02.01.2026 14:04 +0100',
    'format("HH:mm XXX", "GMT+5:30")': '18:34 +05:30',
    'format("HH", "IST")': '18',
    'format("HH", "No/Where")': '13',
    'format("yyyyMMdd\'\'")': "20260102'",
    'format("QQ")': 'java.lang.IllegalArgumentException: The pattern "QQ" has the unknown letter Q',
    'new SimpleDateFormat("yyyy").format(NaN)':
      'java.lang.IllegalArgumentException: Cannot format given Object as a Date',
  }),
);

test(
  'SimpleDateFormat reads dates',
  comeTo({
    'parse("yyyy-MM-dd", "2026-02-03")': '2026-02-03T00:00:00.000Z',
    'parse("yyyyMMddHHmmss", "20260203040506")': '2026-02-03T04:05:06.000Z',
    'parse("yyyy-MM-dd\'T\'HH:mm:ssX", "2026-02-03T04:05:06+02:00")': '2026-02-03T02:05:06.000Z',
    'parse("yyyy-MM-dd HH:mm", "2026-07-01 12:00", "Europe/Berlin")': '2026-07-01T10:00:00.000Z',
    'parse("d MMM yyyy h:mm a", "3 Feb 2026 4:05 pm")': '2026-02-03T16:05:00.000Z',
    'parse("EEEE, MMMM d, yyyy z", "Tuesday, February 3, 2026 GMT-03:00")':
      '2026-02-03T03:00:00.000Z',
    'parse("dd/MM/yy", "03/02/99")': '1999-02-03T00:00:00.000Z',
    'parse("yyyy-MM-dd", "2026-02-30")': '2026-03-02T00:00:00.000Z',
    'parse("yyyy-MM-dd", "nonsense")': 'java.text.ParseException: Unparseable date: "nonsense"',
    '(function () { var f = new SimpleDateFormat("yyyy-MM-dd"); f.setLenient(false); return f.parse("2026-02-30"); })()':
      'java.text.ParseException: Unparseable date: "2026-02-30"',
  }),
);

test(
  'Calendar counts in its zone, over the change to summer time too',
  comeTo({
    'calendar().get(java.util.Calendar.DAY_OF_WEEK) === java.util.Calendar.FRIDAY': true,
    'calendar().get(java.util.Calendar.MONTH)': 0,
    '[[2024, 11, 28], [2024, 11, 29], [2024, 11, 31], [2025, 0, 1], [2022, 11, 31]].map(function (d) { return new java.util.GregorianCalendar(d[0], d[1], d[2]).get(java.util.Calendar.WEEK_OF_YEAR); }).join()':
      '52,1,1,1,53',
    'calendar("Asia/Tokyo").get(java.util.Calendar.HOUR_OF_DAY)': 22,
    'calendar().getActualMaximum(java.util.Calendar.DAY_OF_MONTH)': 31,
    'added("MONTH", 1)': '2026-02-02T13:04:05.006Z',
    'added("DAY_OF_MONTH", 90, "Europe/Berlin")': '2026-04-02T12:04:05.006Z',
    'added("HOUR", -14)': '2026-01-01T23:04:05.006Z',
    'added("YEAR", -1)': '2025-01-02T13:04:05.006Z',
    '(function () { var c = new java.util.GregorianCalendar(2026, java.util.Calendar.JANUARY, 31); c.add(java.util.Calendar.MONTH, 1); return c.getTime().toISOString(); })()':
      '2026-02-28T00:00:00.000Z',
    '(function () { var c = calendar(); c.set(java.util.Calendar.HOUR_OF_DAY, 0); c.set(2027, 5, 6); return c.getTime().toISOString(); })()':
      '2027-06-06T00:04:05.006Z',
    'new java.util.GregorianCalendar().isLeapYear(2000)': true,
  }),
);

test(
  'Date, TimeZone and Instant do as in Java',
  comeTo({
    'new java.util.Date(at).toString()': 'Fri Jan 02 13:04:05 UTC 2026',
    'new java.util.Date(at).before(new java.util.Date())': true,
    'new java.util.Date(at).equals(new java.util.Date(at))': true,
    'java.util.TimeZone.getTimeZone("Europe/Berlin").getOffset(at)': 3600000,
    'java.util.TimeZone.getTimeZone("Nowhere").getID()': 'GMT',
    'java.time.Instant.ofEpochMilli(at).plusSeconds(60).toString()': '2026-01-02T13:05:05.006Z',
    'java.time.Instant.parse("2026-01-02T00:00:00Z").toEpochMilli()': Date.UTC(2026, 0, 2),
    'new java.util.Date(at).toInstant().toString()': '2026-01-02T13:04:05.006Z',
  }),
);
