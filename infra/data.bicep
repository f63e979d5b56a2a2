// Storage and vault, and what the app's identity may do with them.

param token string
param location string
param tags object
@description('The app\'s identity.')
param principalId string
@secure()
param newMasterKey string
@secure()
param newAdminSecret string
param secretsReaderId string
param privateNetwork bool
param storageSku string
param purgeProtection bool

// https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var roles = {
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b'
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3'
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6'
}
var defaultAction = privateNetwork ? 'Deny' : 'Allow'

resource storage 'Microsoft.Storage/storageAccounts@2023-05-01' = {
  name: 'st${token}'
  location: location
  tags: tags
  kind: 'StorageV2'
  sku: { name: storageSku }
  properties: {
    allowBlobPublicAccess: false
    allowCrossTenantReplication: false
    allowSharedKeyAccess: false
    defaultToOAuthAuthentication: true
    minimumTlsVersion: 'TLS1_2'
    networkAcls: { defaultAction: defaultAction, bypass: 'None' }
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
    supportsHttpsTrafficOnly: true
  }
}

resource blobs 'Microsoft.Storage/storageAccounts/blobServices@2023-05-01' = {
  parent: storage
  name: 'default'
  properties: {
    containerDeleteRetentionPolicy: { enabled: true, days: 14 }
    deleteRetentionPolicy: { enabled: true, days: 14 }
  }
}

resource packages 'Microsoft.Storage/storageAccounts/blobServices/containers@2023-05-01' = {
  parent: blobs
  name: 'app-package'
  properties: { publicAccess: 'None' }
}

// The Functions host wants to own its blobs (leases of timers, keys); bundles are in others.
resource blobRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageBlobDataOwner)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageBlobDataOwner)
  }
}

resource tableRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(storage.id, principalId, roles.storageTableDataContributor)
  scope: storage
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.storageTableDataContributor)
  }
}

resource vault 'Microsoft.KeyVault/vaults@2023-07-01' = {
  name: 'kv-${token}'
  location: location
  tags: tags
  properties: {
    tenantId: subscription().tenantId
    sku: { family: 'A', name: 'standard' }
    enableRbacAuthorization: true
    enableSoftDelete: true
    softDeleteRetentionInDays: 90
    enablePurgeProtection: purgeProtection ? true : null // false is not accepted
    networkAcls: { defaultAction: defaultAction, bypass: 'AzureServices' } // lets deployments write secrets
    publicNetworkAccess: privateNetwork ? 'Disabled' : 'Enabled'
  }
}

// Written once: whatever a later provisioning brings along, a secret that is there stays. Another
// master key would make the stored signing keys unreadable.
@onlyIfNotExists()
resource masterKey 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(newMasterKey)) {
  parent: vault
  name: 'flowgate-master-key'
  properties: { value: newMasterKey, contentType: '32 bytes in base64' }
}

@onlyIfNotExists()
resource adminSecret 'Microsoft.KeyVault/vaults/secrets@2023-07-01' = if (!empty(newAdminSecret)) {
  parent: vault
  name: 'flowgate-admin-secret'
  properties: { value: newAdminSecret, contentType: 'secret of the first administrator' }
}

resource vaultRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(vault.id, principalId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

resource readerRole 'Microsoft.Authorization/roleAssignments@2022-04-01' = if (!empty(secretsReaderId)) {
  name: guid(vault.id, secretsReaderId, roles.keyVaultSecretsUser)
  scope: vault
  properties: {
    principalId: secretsReaderId
    roleDefinitionId: subscriptionResourceId('Microsoft.Authorization/roleDefinitions', roles.keyVaultSecretsUser)
  }
}

output storageId string = storage.id
output blobUri string = storage.properties.primaryEndpoints.blob
output tableUri string = storage.properties.primaryEndpoints.table
output packageContainerUri string = '${storage.properties.primaryEndpoints.blob}${packages.name}'
output vaultId string = vault.id
output vaultName string = vault.name
// Without a version: a new one is taken up within a day.
output masterKeyUri string = '${vault.properties.vaultUri}secrets/flowgate-master-key'
output adminSecretUri string = '${vault.properties.vaultUri}secrets/flowgate-admin-secret'
