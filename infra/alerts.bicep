// Who is told when something goes wrong, and of what. docs/operations.md says for each rule what it
// means and what to do. The metrics are those of shared/telemetry/catalogue.ts.

@description('Ends the names of the resources.')
param token string
param location string
param tags object
param applicationInsightsId string
param logAnalyticsWorkspaceId string

@description('Where alerts are sent.')
param alertEmail string

@description('The app\'s address of /health/ready, which is asked from three regions.')
param readyUrl string

@description('FLOWGATE_KEY_ROTATION_DAYS.')
param keyRotationDays int

@description('Longest time in milliseconds that 95 of 100 token requests may take.')
param slowTokenMs int = 1000

// Of this app alone, should others share the workspace. Application Insights keeps of a counter the
// growth (Sum), of a histogram sum, count (ItemCount), least and most.
var metrics = 'AppMetrics | where _ResourceId =~ \'${applicationInsightsId}\''

var rules = [
  {
    name: 'server-errors'
    title: 'More than 5 % of the calls are answered 5xx'
    severity: 1
    query: '${metrics} | where Name == "flowgate.call.duration" and isnotnull(toint(Properties.status)) | summarize Calls = sum(ItemCount), Failed = sumif(ItemCount, toint(Properties.status) >= 500) | where Calls >= 20 | project Value = 100.0 * Failed / Calls'
    above: 5
  }
  {
    name: 'failed-messages'
    title: 'More than 20 % of the messages fail'
    severity: 2
    query: '${metrics} | where Name == "flowgate.messages" | summarize Messages = sum(Sum), Failed = sumif(Sum, tostring(Properties.outcome) != "completed") | where Messages >= 20 | project Value = 100.0 * Failed / Messages'
    above: 20
  }
  {
    name: 'storage-failing'
    title: 'Storage operations fail after their retries'
    severity: 1
    query: '${metrics} | where Name == "flowgate.storage.failures" | summarize Value = sum(Sum)'
    above: 10
  }
  {
    name: 'entries-held'
    title: 'Log entries pile up in memory'
    severity: 2
    query: '${metrics} | where Name == "flowgate.entries.held" | summarize Value = max(Sum)'
    above: 5000
  }
  {
    name: 'entries-given-up'
    title: 'Log entries are lost'
    severity: 1
    query: '${metrics} | where Name == "flowgate.entries.given_up" | summarize Value = sum(Sum)'
    above: 0
  }
  {
    name: 'key-too-old'
    title: 'The signing key has not been rotated'
    severity: 2
    query: '${metrics} | where Name == "flowgate.signing_key.age" | summarize arg_max(TimeGenerated, Sum) | project Value = Sum'
    above: keyRotationDays + 2
  }
  {
    name: 'throttled-sign-ins'
    title: 'Many sign-ins are throttled'
    severity: 3
    query: '${metrics} | where Name == "flowgate.sign_ins.throttled" | summarize Value = sum(Sum)'
    above: 100
  }
  {
    name: 'calls-shed'
    title: 'Calls are refused for overload'
    severity: 2
    query: '${metrics} | where Name == "flowgate.calls.shed" | summarize Value = sum(Sum)'
    above: 50
  }
  {
    name: 'scripts-ended'
    title: 'Scripts overrun their limits'
    severity: 3
    query: '${metrics} | where Name == "flowgate.script_workers.replaced" | summarize Value = sum(Sum)'
    above: 20
  }
  {
    // Of the app's own spans: Application Insights keeps no buckets of a histogram.
    name: 'slow-tokens'
    title: '5 % of the token requests take too long'
    severity: 2
    query: 'AppDependencies | where _ResourceId =~ \'${applicationInsightsId}\' and Name in ("token", "token-alias") | summarize Requests = sum(ItemCount), Value = percentilew(DurationMs, ItemCount, 95) | where Requests >= 20 | project Value'
    above: slowTokenMs
  }
]

resource operators 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: 'ag-flowgate-${token}'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: 'flowgate'
    enabled: true
    emailReceivers: [{ name: 'operators', emailAddress: alertEmail, useCommonAlertSchema: true }]
  }
}

resource queryRules 'Microsoft.Insights/scheduledQueryRules@2022-06-15' = [
  for rule in rules: {
    name: 'alert-${rule.name}-${token}'
    location: location
    tags: tags
    properties: {
      displayName: 'Flowgate: ${rule.title}'
      description: 'docs/operations.md, ${rule.name}'
      severity: rule.severity
      enabled: true
      scopes: [logAnalyticsWorkspaceId]
      evaluationFrequency: 'PT5M'
      windowSize: 'PT15M'
      autoMitigate: true
      // The tables are not there before the app has told something.
      skipQueryValidation: true
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Maximum'
            metricMeasureColumn: 'Value'
            operator: 'GreaterThan'
            threshold: rule.above
            failingPeriods: { numberOfEvaluationPeriods: 1, minFailingPeriodsToAlert: 1 }
          }
        ]
      }
      actions: { actionGroups: [operators.id] }
    }
  }
]

// Every 15 minutes from each region: about 8,600 runs a month, which are billed.
resource readyTest 'Microsoft.Insights/webtests@2022-06-15' = {
  name: 'ready-flowgate-${token}'
  location: location
  tags: union(tags, { 'hidden-link:${applicationInsightsId}': 'Resource' })
  kind: 'standard'
  properties: {
    SyntheticMonitorId: 'ready-flowgate-${token}'
    Name: 'Flowgate is ready'
    Kind: 'standard'
    Enabled: true
    Frequency: 900
    Timeout: 30
    RetryEnabled: true
    Locations: [{ Id: 'emea-nl-ams-azr' }, { Id: 'us-va-ash-azr' }, { Id: 'apac-sg-sin-azr' }]
    Request: { RequestUrl: readyUrl, HttpVerb: 'GET' }
    ValidationRules: { ExpectedHttpStatusCode: 200, SSLCheck: true, SSLCertRemainingLifetimeCheck: 7 }
  }
}

resource readyRule 'Microsoft.Insights/metricAlerts@2018-03-01' = {
  name: 'alert-not-ready-${token}'
  location: 'global'
  tags: tags
  properties: {
    description: 'docs/operations.md, not-ready'
    severity: 0
    enabled: true
    scopes: [readyTest.id, applicationInsightsId]
    evaluationFrequency: 'PT5M'
    windowSize: 'PT30M'
    criteria: {
      'odata.type': 'Microsoft.Azure.Monitor.WebtestLocationAvailabilityCriteria'
      webTestId: readyTest.id
      componentId: applicationInsightsId
      failedLocationCount: 2
    }
    actions: [{ actionGroupId: operators.id }]
  }
}
