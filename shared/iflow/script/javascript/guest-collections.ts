/**
 * The collections that messages are made of, as guest source; `part-collections` has the others.
 *
 * - `keySet()`, `values()` and `entrySet()` are views of their map: what is taken out of one is gone
 *   from the other.
 * - A `java.util.ArrayList` is a JavaScript array too, and an entry is a pair, so that `list[0]`,
 *   `list.length` and `for (var [key, value] of map)` work as in Rhino.
 * - Maps keep the order in which their keys were put.
 */
export const guestCollections = String.raw`
const elements = (source) =>
  source === undefined || source === null ? []
  : typeof source.toArray === 'function' ? source.toArray() : Array.from(source);
const natural = (a, b) => {
  const [x, y] = [unbox(a), unbox(b)];
  if (isObject(x) && typeof x.compareTo === 'function') return x.compareTo(y);
  return x < y ? -1 : x > y ? 1 : 0;
};
/** A function of two values, from a function or a java.util.Comparator. */
const comparing = (order) =>
  order === undefined || order === null ? natural
  : typeof order === 'function' ? order : (a, b) => order.compare(a, b);

class JavaIterator {
  #values;
  #ahead;
  #last;
  #drop;
  #of;
  /**
   * @param drop takes the value out that next() has come to.
   * @param of what next() gives for a value
   */
  constructor(values, drop, of = (value) => value) {
    this.#values = values;
    this.#drop = drop;
    this.#of = of;
  }
  hasNext() { return !(this.#ahead ??= this.#values.next()).done; }
  next() {
    if (!this.hasNext()) raise('java.util.NoSuchElementException');
    this.#last = this.#ahead;
    this.#ahead = undefined;
    return this.#of(this.#last.value);
  }
  remove() {
    if (this.#last === undefined) raise('java.lang.IllegalStateException');
    this.#drop(this.#last.value);
    this.#last = undefined;
  }
  forEachRemaining(action) { while (this.hasNext()) action(this.next()); }
  *[Symbol.iterator]() { while (this.hasNext()) yield this.next(); }
}
class ListIterator {
  #list;
  #next = 0;
  #last = -1;
  constructor(list) { this.#list = list; }
  hasNext() { return this.#next < this.#list.length; }
  next() {
    if (!this.hasNext()) raise('java.util.NoSuchElementException');
    this.#last = this.#next++;
    return this.#list[this.#last];
  }
  last_() { return this.#last < 0 ? raise('java.lang.IllegalStateException') : this.#last; }
  remove() {
    this.#next = this.last_();
    this.#list.splice(this.#next, 1);
    this.#last = -1;
  }
  set(value) { this.#list[this.last_()] = value; }
  forEachRemaining(action) { while (this.hasNext()) action(this.next()); }
  *[Symbol.iterator]() { while (this.hasNext()) yield this.next(); }
}

/** What java.util.Collection does by way of contains, add, iterator and size. */
const collectionMethods = {
  isEmpty() { return this.size() === 0; },
  containsAll(source) { return elements(source).every((value) => this.contains(value)); },
  addAll(source) {
    let changed = false;
    for (const value of elements(source)) changed = this.add(value) || changed;
    return changed;
  },
  removeIf(test) {
    let changed = false;
    for (const values = this.iterator(); values.hasNext(); ) {
      if (!test(values.next())) continue;
      values.remove();
      changed = true;
    }
    return changed;
  },
  removeAll(source) {
    const all = elements(source);
    return this.removeIf((value) => all.some((other) => same(other, value)));
  },
  retainAll(source) {
    const all = elements(source);
    return this.removeIf((value) => !all.some((other) => same(other, value)));
  },
  equals(other) {
    return isObject(other) && typeof other.toArray === 'function' && other.size() === this.size() && this.containsAll(other);
  },
  toString() { return '[' + this.toArray().map(show).join(', ') + ']'; },
};

class Collection {
  contains(value) { return this.toArray().some((item) => same(item, value)); }
  add() { raise('java.lang.UnsupportedOperationException'); }
  remove(value) {
    for (const values = this.iterator(); values.hasNext(); ) {
      if (!same(values.next(), value)) continue;
      values.remove();
      return true;
    }
    return false;
  }
  toArray() { return Array.from(this); }
  toJSON() { return this.toArray(); }
  forEach(action) { for (const value of this) action(value); }
}
hide(Collection.prototype, collectionMethods);

class ArrayList extends Array {
  static get [Symbol.species]() { return Array; }
  constructor(source) {
    super();
    if (isObject(source)) for (const value of elements(source)) this.push(value);
  }
  at_(index, beyond = 0) {
    if (!(index >= 0 && index < this.length + beyond)) {
      raise('java.lang.IndexOutOfBoundsException', 'Index: ' + index + ', Size: ' + this.length);
    }
    return index;
  }
  add(...values) {
    if (values.length > 1) this.splice(this.at_(values[0], 1), 0, values[1]);
    else this.push(values[0]);
    return true;
  }
  addAll(...values) {
    const all = elements(values.at(-1));
    if (values.length > 1) this.splice(this.at_(values[0], 1), 0, ...all);
    else for (const value of all) this.push(value);
    return all.length > 0;
  }
  get(index) { return this[this.at_(index)]; }
  set(index, value) {
    const old = this.get(index);
    this[index] = value;
    return old;
  }
  remove(which) {
    if (typeof which === 'number') return this.splice(this.at_(which), 1)[0];
    const index = this.indexOf(which);
    if (index >= 0) this.splice(index, 1);
    return index >= 0;
  }
  indexOf(value) { return this.findIndex((item) => same(item, value)); }
  lastIndexOf(value) { return this.findLastIndex((item) => same(item, value)); }
  contains(value) { return this.indexOf(value) >= 0; }
  size() { return this.length; }
  clear() { this.length = 0; }
  toArray() { return Array.from(this); }
  subList(from, to) { return new ArrayList(this.slice(this.at_(from, 1), this.at_(to, 1))); }
  sort(order) { return super.sort(comparing(order)); }
  replaceAll(change) { for (let i = 0; i < this.length; i++) this[i] = change(this[i]); }
  iterator() { return new ListIterator(this); }
  listIterator() { return new ListIterator(this); }
  equals(other) {
    return Array.isArray(other) && other.length === this.length && this.every((value, i) => same(value, other[i]));
  }
}
hide(ArrayList.prototype, Object.fromEntries(
  Object.entries(collectionMethods).filter(([name]) => !Object.hasOwn(ArrayList.prototype, name))));
define('java.util.ArrayList', ArrayList);

/** An entry is a pair of key and value that becomes one of these when a script asks for it. */
class Entry extends Array {
  getKey() { return this[0]; }
  getValue() { return this[1]; }
  setValue(value) {
    const old = this[1];
    this[1] = value;
    return old;
  }
  equals(other) { return other instanceof Entry && same(this[0], other[0]) && same(this[1], other[1]); }
  toString() { return show(this[0]) + '=' + show(this[1]); }
}
addProperties(Entry.prototype);
const asEntry = (pair) => (pair instanceof Entry ? pair : Object.setPrototypeOf(pair, Entry.prototype));

class MapView extends Collection {
  #map;
  #of;
  constructor(map, of) { super(); this.#map = map; this.#of = of; }
  size() { return this.#map.size(); }
  clear() { this.#map.clear(); }
  iterator() {
    const map = this.#map;
    return new JavaIterator(map.pairs_(), (pair) => map.remove(pair[0]), this.#of);
  }
  *[Symbol.iterator]() { for (const pair of this.#map.pairs_()) yield this.#of(pair); }
}

/** java.util.Map, by way of pair_, put, take_, pairs_, size and clear. */
class AbstractMap {
  /** Under which key a pair is kept. */
  fold_(key) { return unbox(key); }
  get(key) {
    const pair = this.pair_(key);
    return pair === undefined ? null : pair[1];
  }
  getOrDefault(key, other) {
    const pair = this.pair_(key);
    return pair === undefined ? other : pair[1];
  }
  containsKey(key) { return this.pair_(key) !== undefined; }
  containsValue(value) {
    for (const pair of this.pairs_()) if (same(pair[1], value)) return true;
    return false;
  }
  remove(key) {
    const pair = this.pair_(key);
    if (pair === undefined) return null;
    this.take_(key);
    return pair[1];
  }
  putAll(source) {
    if (source instanceof AbstractMap) for (const pair of Array.from(source.pairs_())) this.put(pair[0], pair[1]);
    else if (source instanceof Map) for (const [key, value] of source) this.put(key, value);
    else for (const key of Object.keys(source)) this.put(key, source[key]);
  }
  putIfAbsent(key, value) {
    const old = this.get(key);
    if (old === null) this.put(key, value);
    return old;
  }
  replace(key, value) { return this.containsKey(key) ? this.put(key, value) : null; }
  computeIfAbsent(key, make) {
    if (this.get(key) === null) this.put(key, make(key));
    return this.get(key);
  }
  computeIfPresent(key, change) { return this.get(key) === null ? null : this.compute(key, change); }
  compute(key, change) {
    const value = change(key, this.get(key));
    if (value === null || value === undefined) this.remove(key);
    else this.put(key, value);
    return value ?? null;
  }
  merge(key, value, join) {
    const old = this.get(key);
    return this.compute(key, () => (old === null ? value : join(old, value)));
  }
  keySet() { return new MapView(this, (pair) => pair[0]); }
  values() { return new MapView(this, (pair) => pair[1]); }
  entrySet() { return new MapView(this, asEntry); }
  isEmpty() { return this.size() === 0; }
  forEach(action) { for (const pair of this.pairs_()) action(pair[0], pair[1]); }
  equals(other) {
    if (!(other instanceof AbstractMap) || other.size() !== this.size()) return false;
    for (const pair of this.pairs_()) if (!same(pair[1], other.get(pair[0]))) return false;
    return true;
  }
  toString() { return '{' + Array.from(this.pairs_(), (pair) => show(pair[0]) + '=' + show(pair[1])).join(', ') + '}'; }
  toJSON() { return Object.fromEntries(this.pairs_()); }
  *[Symbol.iterator]() { for (const pair of this.pairs_()) yield asEntry(pair); }
}

class HashMap extends AbstractMap {
  #map = new Map();
  constructor(source) {
    super();
    if (isObject(source)) this.putAll(source);
  }
  pair_(key) { return this.#map.get(this.fold_(key)); }
  take_(key) { this.#map.delete(this.fold_(key)); }
  /** Takes a pair whose key is not there. */
  keep_(pair) { this.#map.set(this.fold_(pair[0]), pair); }
  pairs_() { return this.#map.values(); }
  put(key, value) {
    const stored = value === undefined ? null : unbox(value);
    const pair = this.pair_(key);
    if (pair === undefined) {
      this.keep_([unbox(key), stored]);
      return null;
    }
    const old = pair[1];
    pair[1] = stored;
    return old;
  }
  size() { return this.#map.size; }
  clear() { this.#map.clear(); }
  clone() { return new this.constructor(this); }
}
define('java.util.HashMap', HashMap);
`;
