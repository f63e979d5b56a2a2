import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Value } from '../../../shared/iflow/exchange.ts';
import { process, startEngine } from './engine.ts';

const engine = startEngine();

/** What `out` holds at the end of a script that fills it. */
async function outOf(body: string, properties: Record<string, Value> = {}): Promise<unknown> {
  const source = `var out = []; ${body} message.setBody(JSON.stringify(out));`;
  const result = await process(engine, source, { properties: Object.entries(properties) });
  return JSON.parse(String(result.body));
}

test('keySet, values and entrySet are views of their map', async () => {
  const { properties } = await process(
    engine,
    `var map = message.getProperties();
     map.keySet().remove("a");
     map.values().removeIf(function (v) { return v === 2; });
     for (var it = map.entrySet().iterator(); it.hasNext(); ) {
       var entry = it.next();
       if (entry.getKey().equals("c")) it.remove(); else entry.setValue(entry.getValue() + 10);
     }
     map.keySet().retainAll(java.util.Arrays.asList("d", "e", "new"));
     map.put("new", map.keySet().size());`,
    { properties: ['a', 'b', 'c', 'd', 'e', 'f'].map((key, i) => [key, i + 1]) },
  );
  assert.deepEqual(properties, [
    ['d', 14],
    ['e', 15],
    ['new', 2],
  ]);
});

test('an iterator says when it is through, and cannot remove twice', async () => {
  const out = await outOf(
    `var it = new java.util.HashMap({ a: 1 }).keySet().iterator();
     try { it.remove(); } catch (e) { out.push(e.getClass().getName()); }
     out.push(it.next(), it.hasNext());
     try { it.next(); } catch (e) { out.push(String(e)); }
     var list = new java.util.ArrayList(["a", "b", "c"]), li = list.iterator();
     li.next(); li.next(); li.hasNext(); li.remove(); out.push(list.toString());`,
  );
  assert.deepEqual(out, [
    'java.lang.IllegalStateException',
    'a',
    false,
    'java.util.NoSuchElementException',
    '[a, c]',
  ]);
});

test('Rhino’s loops over Java collections work', async () => {
  const out = await outOf(
    `var map = new java.util.LinkedHashMap(); map.put("a", 1); map.put("b", 2);
     for (var [key, value] of map) out.push(key + value);
     for (var entry of map.entrySet()) out.push(entry.key + "=" + entry.value);
     var list = java.util.Arrays.asList("x", "y");
     for (var i in list) out.push(i + list[i]);
     for (var i = 0; i < list.length; i++) out.push(list.get(i));
     for each (var item in list) out.push(item.toUpperCase());
     for each (var value in { p: 7 }) out.push(value);
     for (let it = list.iterator(); it.hasNext(); ) out.push(it.next());`,
  );
  assert.deepEqual(out, [
    ...['a1', 'b2', 'a=1', 'b=2', '0x', '1y', 'x', 'y', 'X', 'Y', 7, 'x', 'y'],
  ]);
});

test('a map or list that a property holds is JavaScript’s and Java’s, and changes in it stay', async () => {
  const { properties } = await process(
    engine,
    `var order = message.getProperty("order");
     order.put("total", order.get("items").size() + order.items.length);
     order.items.add("c"); order.items[0] = order.items.get(0).toUpperCase();
     order["state"] = order.containsKey("none") ? "?" : Object.keys(order).join();
     order.get("address").remove("zip");
     delete order.gone;`,
    { properties: [['order', { items: ['a', 'b'], address: { zip: 1, town: 'X' }, gone: true }]] },
  );
  assert.deepEqual(properties, [
    [
      'order',
      {
        items: ['A', 'b', 'c'],
        address: { town: 'X' },
        total: 4,
        state: 'items,address,gone,total',
      },
    ],
  ]);
});

test('getters and setters are properties, as in Rhino', async () => {
  const result = await process(
    engine,
    `message.properties.put("seen", message.body + message.headers.get("H"));
     message.body = "new";
     try { message.bodySize = 3; } catch (e) { message.setProperty("error", e.message); }`,
    { body: 'b', headers: [['h', 'v']] },
  );
  assert.equal(result.body, 'new');
  assert.deepEqual(result.properties, [
    ['seen', 'bv'],
    ['error', 'The property bodySize can only be read.'],
  ]);
});

test('a map is no object of its keys, as in Rhino 1.7.14', async () => {
  const out = await outOf('var p = message.getProperties(); out.push(p.a === undefined, Object.keys(p).length);', { a: 1 });
  assert.deepEqual(out, [true, 0]);
});

test('the collections of java.util do as in Java', async () => {
  const out = await outOf(
    `var tree = new java.util.TreeMap(); tree.put("b", 1); tree.put("a", 2);
     out.push(tree.firstKey(), tree.lastKey(), tree.toString());
     var set = new java.util.HashSet(["a", "a", "b"]);
     out.push(set.size(), set.add("a"), set.contains("b"), set.toString());
     out.push(new java.util.TreeSet(["c", "a"]).first());
     var list = new java.util.LinkedList(["b"]); list.addFirst("a"); out.push(list.poll(), list.peek(), list.size());
     var stack = new java.util.Stack(); stack.push(1); stack.push(2); out.push(stack.pop(), stack.peek());
     var numbers = java.util.Arrays.asList(3, 1, 2); java.util.Collections.sort(numbers); out.push(numbers.toString());
     java.util.Collections.sort(numbers, function (a, b) { return b - a; }); out.push(numbers.subList(0, 2).toString());
     var map = new java.util.HashMap(); map.merge("n", 1, function (a, b) { return a + b; });
     map.merge("n", 5, function (a, b) { return a + b; }); map.computeIfAbsent("m", function (k) { return k + k; });
     out.push(map.get("n"), map.get("m"), map.getOrDefault("none", "?"), map.equals(new java.util.HashMap(map)));
     out.push(new java.util.ArrayList(["a"]).equals(["a"]), new java.util.Properties().getProperty("x", "y"));
     out.push(map instanceof java.util.Map, list instanceof java.util.List, set instanceof java.util.Collection);`,
  );
  assert.deepEqual(out, [
    ...['a', 'b', '{a=2, b=1}', 2, false, true, '[a, b]', 'a', 'a', 'b', 1, 2, 1],
    ...['[1, 2, 3]', '[3, 2]', 6, 'mm', '?', true, true, 'y', true, true, true],
  ]);
});

for (const [statement, error] of [
  ['new java.util.ArrayList().get(0)', 'java.lang.IndexOutOfBoundsException: Index: 0, Size: 0'],
  ['java.util.Collections.emptyList().add(1)', 'java.lang.UnsupportedOperationException'],
  ['java.util.Collections.unmodifiableMap({}).put("a", 1)', 'java.lang.UnsupportedOperationException'],
  ['message.getHeaders().keySet().add("a")', 'java.lang.UnsupportedOperationException'],
  ['new java.util.TreeMap().firstKey()', 'java.util.NoSuchElementException'],
  ['new java.util.Stack().pop()', 'java.util.NoSuchElementException'],
] as const) {
  test(`${statement} throws ${error}`, async () => {
    assert.deepEqual(await outOf(`try { ${statement}; } catch (e) { out.push(String(e)); }`), [error]);
  });
}
