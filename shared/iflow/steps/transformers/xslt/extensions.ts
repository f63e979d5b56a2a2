const SAP = 'http://sap.com/it/';
const SAXON = 'http://saxon.sf.net/';

const GET = (what: string): string => `<xsl:function name="it:get${what}" new-each-time="yes">
  <xsl:param name="exchange"/><xsl:param name="name"/>
  <xsl:sequence select="js:get${what}(string($name))"/>
</xsl:function>`;
const SET = (what: string): string => `<xsl:function name="it:set${what}" new-each-time="yes">
  <xsl:param name="exchange"/><xsl:param name="name"/><xsl:param name="value"/>
  <xsl:sequence select="js:set${what}(string($name), string-join($value, ' '))"/>
</xsl:function>`;

/** By namespace and name. */
const FUNCTIONS: readonly { readonly uri: string; readonly name: string; readonly xslt: string }[] =
  [
    { uri: SAP, name: 'setHeader', xslt: SET('Header') },
    { uri: SAP, name: 'setProperty', xslt: SET('Property') },
    { uri: SAP, name: 'getHeader', xslt: GET('Header') },
    { uri: SAP, name: 'getProperty', xslt: GET('Property') },
    {
      uri: SAXON,
      name: 'parse',
      xslt: `<xsl:function name="saxon:parse">
  <xsl:param name="text"/>
  <xsl:sequence select="parse-xml(string($text))"/>
</xsl:function>`,
    },
  ];

/**
 * A module with those of SAP's extension functions that a stylesheet can be calling, as functions of
 * XSLT (SAP Help, "Access Header and Properties in XSLT Mapping"); undefined for none. A value is the
 * text of its items, with a space between them as `xsl:value-of` has it. Beside them `saxon:parse`,
 * which older stylesheets call for `parse-xml`.
 */
export function extensionModule(texts: readonly string[]): string | undefined {
  const used = FUNCTIONS.filter(({ uri, name }) =>
    [uri, name].every((word) => texts.some((text) => text.includes(word))),
  );
  if (used.length === 0) return undefined;
  return `<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:it="${SAP}" xmlns:saxon="${SAXON}" xmlns:js="http://saxonica.com/ns/globalJS">
${used.map(({ xslt }) => xslt).join('\n')}
</xsl:stylesheet>`;
}
