import assert from 'node:assert/strict';
import { test } from 'node:test';
import { deploy, only, valueAt } from './template.ts';

const QUERY_RULE = 'Microsoft.Insights/scheduledQueryRules';

test('without an address to send them to there are no alerts', () => {
  const types = deploy().resources.map(({ type }) => type);
  for (const type of [
    QUERY_RULE,
    'Microsoft.Insights/actionGroups',
    'Microsoft.Insights/webtests',
  ]) {
    assert.ok(!types.includes(type), type);
  }
});

test('every rule looks at this app alone and tells the address', () => {
  const deployment = deploy({ alertEmail: 'operators@example.com' });
  const group = only(deployment, 'Microsoft.Insights/actionGroups');
  assert.equal(valueAt(group, 'properties.emailReceivers.0.emailAddress'), 'operators@example.com');
  const insights = only(deployment, 'Microsoft.Insights/components');
  const rules = deployment.resources.filter(({ type }) => type === QUERY_RULE);
  assert.equal(rules.length, 10);
  for (const rule of rules) {
    const name = String(valueAt(rule, 'name'));
    const condition = 'properties.criteria.allOf.0';
    const query = String(valueAt(rule, `${condition}.query`));
    assert.ok(query.includes(`_ResourceId =~ '${insights.id}'`), name);
    assert.match(query, /Value\b[^|]*$/, name);
    assert.equal(typeof valueAt(rule, `${condition}.threshold`), 'number', name);
    assert.equal(valueAt(rule, 'properties.actions.actionGroups.0'), group.id, name);
  }
});

test('the alert on an old signing key follows the rotation that is set', () => {
  const thresholdOf = (extraSettings: object): unknown => {
    const { resources } = deploy({ alertEmail: 'operators@example.com', extraSettings });
    const rule = resources.find((one) => String(valueAt(one, 'name')).includes('key-too-old'));
    assert.ok(rule !== undefined);
    return valueAt(rule, 'properties.criteria.allOf.0.threshold');
  };
  assert.equal(thresholdOf({}), 92);
  assert.equal(thresholdOf({ FLOWGATE_KEY_ROTATION_DAYS: '30' }), 32);
});

test('readiness is asked for from outside, at the address of the app', () => {
  const deployment = deploy({ alertEmail: 'a@example.com', customDomain: 'flowgate.example.com' });
  const asked = only(deployment, 'Microsoft.Insights/webtests');
  assert.equal(
    valueAt(asked, 'properties.Request.RequestUrl'),
    'https://flowgate.example.com/health/ready',
  );
  const rule = only(deployment, 'Microsoft.Insights/metricAlerts');
  assert.equal(valueAt(rule, 'properties.criteria.webTestId'), asked.id);
});
