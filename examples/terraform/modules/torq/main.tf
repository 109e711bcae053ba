variable "sso_domain" {
  type = string
}

data "okta_group" "torq" {
  name = "Torq-Users"
}

resource "okta_group" "leads" {
  name = "SOC-Leads"
}

resource "okta_group_rule" "leads" {
  name                  = "leads"
  status                = "ACTIVE"
  group_assignments     = [okta_group.leads.id]
  expression_value      = "user.title == \"SOC lead\""
  remove_assigned_users = true
}

resource "okta_app_oauth" "torq" {
  label          = "Torq"
  type           = "web"
  grant_types    = ["implicit"]
  response_types = ["id_token"]
  redirect_uris  = ["https://app.torq.io/__/auth/handler"]
  login_mode     = "SPEC"
  login_uri      = "https://app.torq.io/auth/SSOSignIn?domain=${var.sso_domain}"
  hide_web       = false

  groups_claim {
    type        = "FILTER"
    filter_type = "REGEX"
    name        = "groups"
    value       = ".*"
  }

  lifecycle {
    prevent_destroy = true
  }
}

resource "okta_app_group_assignments" "torq" {
  app_id = okta_app_oauth.torq.id

  group {
    id = data.okta_group.torq.id
  }
}
