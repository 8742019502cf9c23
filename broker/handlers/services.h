#pragma once

#include "base/logger.h"
#include "base/loop.h"
#include "broker/config/broker_config.h"
#include "broker/group/group_coordinator.h"
#include "broker/handlers/fetch_session.h"
#include "broker/handlers/request.h"
#include "broker/handlers/version_limits.h"
#include "broker/log/log_dirs.h"
#include "broker/metadata/controller.h"
#include "broker/replica/producer_ids.h"
#include "broker/replica/replica_manager.h"
#include "broker/security/audit_log.h"
#include "broker/security/authorizer.h"
#include "broker/transaction/marker_writer.h"
#include "broker/transaction/transaction_coordinator.h"

namespace ottla::broker {

// The rooms that handlers work with; owned by the Broker, all on its loop.
struct Services {
  base::Loop& loop;
  const BrokerConfig& config;
  Controller& controller;
  ReplicaManager& replicas;
  LogDirs& log_dirs;
  ProducerIds& producer_ids;
  FetchSessionCache& fetch_sessions;
  GroupCoordinator& groups;
  MarkerWriter& markers;
  TransactionCoordinator& transactions;
  const Authorizer& authorizer;
  ClientQuotas& quotas;
  base::Logger logger;
  AuditLog* audit = nullptr;  // or none is wanted
  VersionLimits version_limits = {};

  const MetadataImage& image() const { return *controller.image(); }
  BrokerId self() const { return BrokerId(config.node_id); }

  // What this broker calls itself to a client: advertised.listeners of the listener the request
  // came in on, else the address it came by.
  base::Endpoint advertised(const RequestContext& context) const;
};

}  // namespace ottla::broker
