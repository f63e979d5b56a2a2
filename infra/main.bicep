// What `azd provision` makes: a resource group for one environment, and all of Flowgate in it.
// Nothing is taken from a module registry, so that this folder is the whole truth.
targetScope = 'subscription'

@minLength(1)
@maxLength(64)
@description('Name of the azd environment. Names and tags of all resources follow from it.')
param environmentName string

@minLength(1)
@description('Region of all resources; it must offer the Flex Consumption plan.')
@metadata({ azd: { type: 'location' } })
param location string

@description('Names the subscriptions of Flowgate: <account>iflmap and <account>tmn.')
param account string = 'flowgate'

@description('Id of the first administrator\'s client.')
param adminClientId string = 'flowgate-admin'

@secure()
@description('Master key, 32 bytes in base64. Stored if the vault has none yet, else ignored.')
param newMasterKey string = ''

@secure()
@description('Secret of the first administrator. Stored if the vault has none yet, else ignored.')
param newAdminSecret string = ''

@description('Object id of who may read the secrets, for the first sign-in. Empty: nobody but the app.')
param secretsReaderId string = ''

@description('Host name of your own, such as flowgate.example.com; it becomes the issuer. Empty: the name that Azure gives.')
param customDomain string = ''

@description('Node.js of the app.')
@allowed(['22', '24'])
param nodeVersion string = '22'

@description('Memory of one instance in MB; its share of a CPU goes with it.')
@allowed([512, 2048, 4096])
param instanceMemory int = 2048

@description('Instances at most.')
@minValue(40)
@maxValue(1000)
param maximumInstances int = 100

@description('Instances that always run, and never start from cold.')
@minValue(0)
@maxValue(100)
param alwaysReadyInstances int = 0

@description('Storage and vault answer only inside a virtual network of the app.')
param privateNetwork bool = false

@description('How the storage account keeps its copies.')
@allowed(['Standard_LRS', 'Standard_ZRS', 'Standard_GRS', 'Standard_GZRS'])
param storageSku string = 'Standard_LRS'

@description('Nobody, not even the owner, can purge the vault for 90 days after it is deleted. It cannot be switched off again.')
param purgeProtection bool = false

@description('Where alerts are sent by e-mail. Empty: no alert rules are made.')
param alertEmail string = ''

@description('Further app settings by name, see docs/settings.md.')
param extraSettings object = {}

// Two environments never meet: the token tells them apart in every name.
var token = toLower(uniqueString(subscription().id, environmentName, location))
var tags = { 'azd-env-name': environmentName }

// Ends in a letter, as a name must not end in a period and an environment's may.
resource group 'Microsoft.Resources/resourceGroups@2024-03-01' = {
  name: 'rg-${environmentName}-flowgate'
  location: location
  tags: tags
}

module app 'app.bicep' = {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    account: account
    adminClientId: adminClientId
    newMasterKey: newMasterKey
    newAdminSecret: newAdminSecret
    secretsReaderId: secretsReaderId
    customDomain: customDomain
    nodeVersion: nodeVersion
    instanceMemory: instanceMemory
    maximumInstances: maximumInstances
    alwaysReadyInstances: alwaysReadyInstances
    privateNetwork: privateNetwork
    storageSku: storageSku
    purgeProtection: purgeProtection
    extraSettings: extraSettings
  }
}

module alerts 'alerts.bicep' = if (!empty(alertEmail)) {
  scope: group
  params: {
    token: token
    location: location
    tags: tags
    applicationInsightsId: app.outputs.insightsId
    logAnalyticsWorkspaceId: app.outputs.workspaceId
    alertEmail: alertEmail
    readyUrl: '${app.outputs.url}/health/ready'
    keyRotationDays: int(union({ FLOWGATE_KEY_ROTATION_DAYS: '90' }, extraSettings).FLOWGATE_KEY_ROTATION_DAYS)
  }
}

output AZURE_LOCATION string = location
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_KEY_VAULT_NAME string = app.outputs.vaultName
output FLOWGATE_APP_NAME string = app.outputs.name
output FLOWGATE_URL string = app.outputs.url
