/** Two exported definitions of made-up vendors: one of each generation. */

/** The flat generation: one authentication, scripts as strings, paging by placeholders. */
export const flat = {
  Name: 'Acme CRM',
  Description: 'Contacts',
  Version: '1.4',
  AuthType: 'OAuth2',
  OAuth2Type: 'AuthorisationCode',
  ClientId: 'abc',
  ClientSecret: 'never-copy-this',
  AuthoriseUrl: 'https://login.acme.example/authorize',
  AccessTokenUrl: 'https://login.acme.example/token',
  RequestTokenUrl: '',
  Scopes: 'contacts.read contacts.write',
  PagedInbound: true,
  PageSizeInbound: 50,
  PagedOutbound: false,
  Script:
    "function before_action() {\r\n  method_request_headers['X-Agent'] = 'acme'\r\n  return true\r\n}",
  Parameters: [
    {
      TargetType: 'MergeField',
      TargetName: 'Dc',
      DisplayName: 'Data centre',
      IsAccountConnectorProperty: true,
    },
    { TargetType: 'QueryString', TargetName: 'page', Values: ['CYCLR_PAGE_NUMBER'], Hide: true },
    { TargetType: 'HttpHeader', TargetName: 'X-Version', Values: [{ Value: '3' }], Hide: true },
    { TargetType: 'FilterField', TargetName: 'age' },
  ],
  Triggers: [{ Name: 'Countries' }],
  Methods: [
    {
      Name: 'List Contacts',
      Category: 'Contacts',
      MethodType: 'Action',
      HttpMethod: 'get',
      DataType: 'Json',
      EndPoint: 'https://{{Dc}}.api.acme.example/3.0/contacts',
      Parameters: [
        { TargetType: 'QueryString', TargetName: 'since', IsOptional: true },
        {
          TargetType: 'QueryString',
          TargetName: 'order',
          IsOptional: false,
          Values: ['asc', 'desc'],
          TriggerName: 'Orders',
        },
      ],
      ResponseFormat: {
        Fields: [{ ConnectorField: '[contacts].id' }, { ConnectorField: '[contacts].name' }],
      },
      PagedInbound: true,
      PageSizeInbound: 50,
    },
    {
      Name: 'Create Contact',
      Category: 'Contacts',
      HttpMethod: 'POST',
      DataType: 'Json',
      EndPoint: 'https://{{Dc}}.api.acme.example/3.0/contacts/{{list}}',
      Parameters: [{ TargetType: 'MergeField', TargetName: 'list', IsOptional: false }],
      RequestFormat: {
        Fields: [
          { ConnectorField: 'name', SystemField: 'Name', IsOptional: false },
          { ConnectorField: 'address.street', IsOptional: true },
          { ConnectorField: '[tags].\\a.b\\', IsOptional: true },
        ],
      },
      Script:
        'function after_error() {\n  if (method_error.statusCode === 403) throw new AuthRefreshException()\n  return true\n}',
    },
    {
      Name: 'Create Contact',
      Category: 'Contacts',
      HttpMethod: 'POST',
      DataType: 'Form',
      EndPoint: 'https://upload.acme.example/contacts',
    },
    {
      Name: 'Contact Changed',
      MethodType: 'Webhook',
      HttpMethod: 'POST',
      Script: 'function after_webhook() { return method_response.ok }',
    },
  ],
}

/** The generation of 2022: lists of authentications and rate limits, a login as the lookup. */
export const listed = {
  Name: 'Session Shop',
  ProductAddon: false,
  UniqueIdentifier: 'c-1',
  ReleaseStatus: 'Released',
  Billable: true,
  MethodCategories: [{ Id: 1, Name: 'Session' }],
  Deprecations: [{ Message: 'old' }],
  Authentication: [
    { AuthType: 'ApiKey', AuthScheme: 'X-Key', IsDefault: false },
    { AuthType: 'None', IsDefault: true },
  ],
  RateLimits: [{ RequestsPerSecond: 5 }, { SecondsBetweenRequests: 2 }],
  PostInstallPropertyValueLookupMethod: { UniqueIdentifier: 'm-login' },
  PostInstallTestAuthMethod: 'Get Shop',
  Parameters: [
    {
      TargetType: 'HttpHeader',
      TargetName: 'X-Session',
      IsAccountConnectorProperty: true,
      Sensitive: true,
    },
    {
      TargetType: 'MergeField',
      TargetName: 'Password',
      IsAccountConnectorProperty: true,
      Sensitive: true,
    },
  ],
  Methods: [
    {
      Name: 'Login',
      Category: 'Session',
      UniqueIdentifier: 'm-login',
      HttpMethod: 'POST',
      DataType: 'Json',
      EndPoint: 'https://shop.example/api/login',
      IgnoreAuthentication: true,
      RequestFormat: { Fields: [{ ConnectorField: 'password', Values: ['{{Password}}'] }] },
      ResponseFormat: { Fields: [{ ConnectorField: 'session.id', SystemField: 'X-Session' }] },
    },
    {
      Name: 'Get Shop',
      HttpMethod: 'GET',
      EndPoint: 'https://shop.example/api/shop',
      Script: 'function after_error() { throw new AuthSessionException() }',
    },
    {
      Name: 'List Orders',
      HttpMethod: 'GET',
      EndPoint: 'https://shop.example/api/orders',
      Parameters: [
        { TargetType: 'ResponseField', TargetName: 'paging.next', Values: ['CYCLR_PAGE_TOKEN'] },
        {
          TargetType: 'QueryString',
          TargetName: 'cursor',
          Values: ['CYCLR_PAGE_TOKEN'],
          Hide: true,
        },
      ],
      ResponseFormat: { Fields: [{ ConnectorField: 'data.[orders].id' }] },
    },
    {
      Name: 'Send Orders',
      HttpMethod: 'POST',
      EndPoint: 'https://shop.example/api/orders',
      DataType: 'Json',
      PagedOutbound: true,
      PageSizeOutbound: 100,
      PagedOutboundLocation: '[orders]',
    },
    {
      Name: 'Countries',
      MethodType: 'Script',
      Script: "function before_action() {\n  method_response = ['SE']\n  return true\n}",
    },
  ],
}
