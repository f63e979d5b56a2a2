// The function app with what it stands on: identity, storage, vault, telemetry.

@description('Tells the environments apart in names: 13 lower-case letters and digits.')
param token string
param location string
param tags object
param account string
param adminClientId string
@secure()
param newMasterKey string
@secure()
param newAdminSecret string
param secretsReaderId string
param customDomain string
param nodeVersion string
param instanceMemory int
param maximumInstances int
param alwaysReadyInstances int
param privateNetwork bool
param storageSku string
param purgeProtection bool
param extraSettings object

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2023-01-31' = {
  name: 'id-flowgate-${token}'
  location: location
  tags: tags
}

module data 'data.bicep' = {
  params: {
    token: token
    location: location
    tags: tags
    principalId: identity.properties.principalId
    newMasterKey: newMasterKey
    newAdminSecret: newAdminSecret
    secretsReaderId: secretsReaderId
    privateNetwork: privateNetwork
    storageSku: storageSku
    purgeProtection: purgeProtection
  }
}

module telemetry 'telemetry.bicep' = {
  params: {
    token: token
    location: location
    tags: tags
    principalId: identity.properties.principalId
  }
}

module network 'network.bicep' = if (privateNetwork) {
  params: {
    token: token
    location: location
    tags: tags
    storageId: data.outputs.storageId
    vaultId: data.outputs.vaultId
  }
}

resource plan 'Microsoft.Web/serverfarms@2024-04-01' = {
  name: 'plan-flowgate-${token}'
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true } // Linux
}

// What is not here has its default in shared/config/schema.ts. Flex Consumption takes no
// FUNCTIONS_WORKER_RUNTIME and no FUNCTIONS_EXTENSION_VERSION: the runtime is in functionAppConfig.
var settings = {
  AzureWebJobsStorage__blobServiceUri: data.outputs.blobUri
  AzureWebJobsStorage__tableServiceUri: data.outputs.tableUri
  AzureWebJobsStorage__credential: 'managedidentity'
  AzureWebJobsStorage__clientId: identity.properties.clientId
  AzureWebJobsDisableHomepage: 'true'
  APPLICATIONINSIGHTS_CONNECTION_STRING: telemetry.outputs.connectionString
  APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${identity.properties.clientId};Authorization=AAD'
  FLOWGATE_ACCOUNT: account
  FLOWGATE_BOOTSTRAP_CLIENT_ID: adminClientId
  FLOWGATE_BOOTSTRAP_CLIENT_SECRET: '@Microsoft.KeyVault(SecretUri=${data.outputs.adminSecretUri})'
  FLOWGATE_MASTER_KEY: '@Microsoft.KeyVault(SecretUri=${data.outputs.masterKeyUri})'
  // Empty: the host name that Azure gives, which the app knows.
  FLOWGATE_ISSUER: empty(customDomain) ? '' : 'https://${customDomain}'
}

resource site 'Microsoft.Web/sites@2024-04-01' = {
  name: 'func-flowgate-${token}'
  location: location
  tags: union(tags, { 'azd-service-name': 'flowgate' })
  kind: 'functionapp,linux'
  identity: {
    type: 'UserAssigned'
    userAssignedIdentities: { '${identity.id}': {} }
  }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: privateNetwork ? network!.outputs.appSubnetId : null
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: data.outputs.packageContainerUri
          authentication: {
            type: 'UserAssignedIdentity'
            userAssignedIdentityResourceId: identity.id
          }
        }
      }
      runtime: { name: 'node', version: nodeVersion }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemory
        maximumInstanceCount: maximumInstances
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyInstances }]
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      // No `cors`: Azure's would answer preflights before the app, which knows each client's origins.
    }
  }
}

resource appSettings 'Microsoft.Web/sites/config@2024-04-01' = {
  parent: site
  name: 'appsettings'
  properties: union(settings, extraSettings)
}

// Deployments sign in with Entra ID: there is no user name and password for them.
resource publishing 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2024-04-01' = {
  parent: site
  name: 'scm'
  properties: { allow: false }
}

output name string = site.name
output url string = 'https://${empty(customDomain) ? site.properties.defaultHostName : customDomain}'
output siteId string = site.id
output vaultName string = data.outputs.vaultName
output storageId string = data.outputs.storageId
output insightsId string = telemetry.outputs.insightsId
output workspaceId string = telemetry.outputs.workspaceId
