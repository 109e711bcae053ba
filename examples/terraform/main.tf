terraform {
  required_providers {
    okta = {
      source  = "okta/okta"
      version = "~> 6.12"
    }
  }
}

# With an API token; OAuth credentials would leave groups_claim out without an error.
provider "okta" {
  org_name  = "acme"
  base_url  = "okta.com"
  api_token = var.okta_api_token
}

variable "okta_api_token" {
  type      = string
  sensitive = true
}

module "torq" {
  source     = "./modules/torq"
  for_each   = { acme = "acme.com" }
  sso_domain = each.value
}
