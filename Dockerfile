# Flowgate outside of Functions' own hosting: docs/deployment.md#containers.
FROM node:24-bookworm-slim AS pack
WORKDIR /src
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit
COPY . .
RUN npm run pack

# https://mcr.microsoft.com/artifact/mar/azure-functions/node/tags
FROM mcr.microsoft.com/azure-functions/node:4-node22
# Port 80 is root's. The host logs to the console instead of files. The option takes some 40 MB from an
# instance under load.
ENV AzureWebJobsScriptRoot=/home/site/wwwroot \
    AzureWebJobsDisableHomepage=true \
    AzureFunctionsJobHost__Logging__Console__IsEnabled=true \
    languageWorkers__node__arguments=--max-semi-space-size=4 \
    ASPNETCORE_URLS=http://+:8080
COPY --from=pack /src/pack /home/site/wwwroot
# The host writes beside the app, never into it. 1654 is the user `app` of Microsoft's .NET images.
RUN mkdir -p /home/LogFiles /home/data && chown -R 1654:1654 /home/LogFiles /home/data
USER 1654:1654
EXPOSE 8080
