/** The message that the flows of the bench work on, in the forms that each step makes of it. */
export interface Order {
  readonly number: string;
  readonly customer: { readonly id: string; readonly name: string };
  readonly item: readonly Item[];
}

interface Item {
  readonly sku: string;
  readonly text: string;
  readonly quantity: number;
  /** In cents: the sums of whole numbers are the same everywhere. */
  readonly price: number;
}

const ITEMS = 3;
const CUSTOMERS = 20;

export function makeOrders(count: number): readonly Order[] {
  return Array.from({ length: count }, (_, i) => ({
    number: String(4_500_000_000 + i),
    customer: { id: `C${i % CUSTOMERS}`, name: `Weber & Sons ${i % CUSTOMERS}` },
    item: Array.from({ length: ITEMS }, (__, j) => ({
      sku: `SKU-${1000 + ((7 * i + j) % 500)}`,
      text: `Hinge <${j + 1}> of steel`,
      quantity: 1 + ((i + j) % 9),
      price: 199 + ((31 * i + 17 * j) % 9000),
    })),
  }));
}

/** As many orders as have about so many bytes of JSON. */
export function ordersOfSize(bytes: number): readonly Order[] {
  const [first] = makeOrders(1);
  return makeOrders(Math.round(bytes / JSON.stringify(first).length));
}

export const ordersJson = (orders: readonly Order[]): string =>
  JSON.stringify({ orders: { order: orders } });

/** What a JSON to XML converter makes of {@link ordersJson}. */
export const ordersXml = (orders: readonly Order[]): string =>
  element('orders', orders.map(orderXml).join(''));

const orderXml = ({ number, customer, item }: Order): string =>
  element(
    'order',
    leaf('number', number) +
      element('customer', leaf('id', customer.id) + leaf('name', customer.name)) +
      item
        .map(({ sku, text, quantity, price }) =>
          element(
            'item',
            leaf('sku', sku) +
              leaf('text', text) +
              leaf('quantity', String(quantity)) +
              leaf('price', String(price)),
          ),
        )
        .join(''),
  );

/** What {@link INVOICES} makes of {@link ordersXml}: orders by customer, with their sums. */
export function invoicesXml(orders: readonly Order[]): string {
  const byCustomer = Map.groupBy(orders, ({ customer }) => customer.id);
  const invoices = [...byCustomer.values()].map((own) => {
    const [first] = own;
    const lines = own.flatMap(({ number, item }) =>
      item.map(
        ({ sku, quantity, price }) =>
          `<Line order="${number}" sku="${sku}" amount="${quantity * price}"/>`,
      ),
    );
    const items = own.flatMap(({ item }) => item);
    const total = items.reduce((sum, { quantity, price }) => sum + quantity * price, 0);
    return element(
      'Invoice',
      leaf('Customer', first?.customer.name ?? '') +
        leaf('Orders', String(own.length)) +
        leaf('Total', String(total)) +
        lines.join(''),
    );
  });
  return element('Invoices', invoices.join(''));
}

/** XSLT 2.0: a mapping of the kind that iFlows have, with a grouping. */
export const INVOICES = `<xsl:stylesheet version="2.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">
  <xsl:output method="xml" encoding="UTF-8" omit-xml-declaration="yes" indent="no"/>
  <xsl:template match="/orders">
    <Invoices>
      <xsl:for-each-group select="order" group-by="customer/id">
        <Invoice>
          <Customer><xsl:value-of select="customer/name"/></Customer>
          <Orders><xsl:value-of select="count(current-group())"/></Orders>
          <Total><xsl:value-of select="sum(for $item in current-group()/item return xs:integer($item/quantity) * xs:integer($item/price))" xmlns:xs="http://www.w3.org/2001/XMLSchema"/></Total>
          <xsl:apply-templates select="current-group()/item"/>
        </Invoice>
      </xsl:for-each-group>
    </Invoices>
  </xsl:template>
  <xsl:template match="item">
    <Line order="{../number}" sku="{sku}" amount="{number(quantity) * number(price)}"/>
  </xsl:template>
</xsl:stylesheet>
`;

/** What a splitter, a content modifier that numbers each order, and a gather make of {@link ordersXml}. */
export const numberedXml = (orders: readonly Order[]): string => {
  const lines = orders.map(
    (order, i) => `<line number="${i}">${element('orders', orderXml(order))}</line>`,
  );
  return `<multimap:Messages xmlns:multimap="http://sap.com/xi/XI/SplitAndMerge">${element('multimap:Message1', lines.join(''))}</multimap:Messages>`;
};

const element = (name: string, content: string): string => `<${name}>${content}</${name}>`;

const leaf = (name: string, text: string): string =>
  element(name, text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'));
