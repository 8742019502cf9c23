#include "broker/server/dispatcher.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "broker/handlers/all.h"
#include "broker/handlers/audited_request.h"
#include "broker/handlers/guards.h"
#include "broker/server/names_topic.h"

namespace ottla::broker {
namespace {

// How one API is served: carried out, or refused with an error code in its own form; and whether a
// request names a topic.
struct Entry {
  ApiKey key;
  void (*carry_out)(Services&, RequestContext, BytesView, Reply);
  void (*refuse)(ErrorCode, RequestContext, BytesView, Reply);
  bool (*names)(const Services&, const RequestContext&, BytesView, std::string_view topic);
};

template <class M, void (*handle)(Services&, Request<M>), class Rule>
void decode_and_carry_out(Services& services, RequestContext context, BytesView body, Reply reply) {
  auto message = protocol::decode<M>(body, context.version());
  if (!message) return reply.refuse(message.error());
  Request<M> request{std::move(context), std::move(*message), std::move(reply)};
  if constexpr (Audited<M>) request.audit = audit_of(services, request.message);
  if (services.authorizer.enabled()) {
    const auto denied = Rule::check(Access(services, request.context), request);
    if (denied != ErrorCode::none) return request.answer(refusal(request.message, denied));
  }
  handle(services, std::move(request));
}

template <class M>
void decode_and_refuse(ErrorCode error, RequestContext context, BytesView body, Reply reply) {
  auto message = protocol::decode<M>(body, context.version());
  if (!message) return reply.refuse(message.error());
  const auto response = refusal(*message, error);
  Request<M>{std::move(context), std::move(*message), std::move(reply)}.answer(response);
}

// A fetch within a session is one of all that the session wants.
template <class M>
bool decode_and_find(const Services& services, const RequestContext& context, BytesView body,
                     std::string_view topic) {
  const auto message = protocol::decode<M>(body, context.version());
  if (!message) return false;
  const auto* known = services.image().find_topic(topic);
  const auto id = known != nullptr ? known->id : Uuid();
  if constexpr (std::is_same_v<M, protocol::FetchRequest>) {
    if (services.fetch_sessions.wants(message->session_id, topic, id)) return true;
  }
  return NamesTopic(topic, id).in(*message);
}

template <class M, void (*handle)(Services&, Request<M>), class Rule>
constexpr Entry entry() {
  return {M::api.key, &decode_and_carry_out<M, handle, Rule>, &decode_and_refuse<M>,
          &decode_and_find<M>};
}

using namespace guards;  // NOLINT: the table is nothing but rules
using Op = AclOperation;

constexpr auto kEntries = std::to_array<Entry>({
    entry<protocol::ProduceRequest, handle_produce, InHandler>(),
    entry<protocol::FetchRequest, handle_fetch, InHandler>(),
    entry<protocol::ListOffsetsRequest, handle_list_offsets, OnTopics<Op::describe>>(),
    entry<protocol::MetadataRequest, handle_metadata, InHandler>(),
    entry<protocol::FindCoordinatorRequest, handle_find_coordinator, OnCoordinatorKeys>(),
    entry<protocol::ApiVersionsRequest, handle_api_versions, Open>(),
    entry<protocol::CreateTopicsRequest, handle_create_topics,
          OnClusterOrTopics<Op::create, Op::create>>(),
    entry<protocol::DeleteTopicsRequest, handle_delete_topics, OnDeletedTopics>(),
    entry<protocol::InitProducerIdRequest, handle_init_producer_id, OnProducerId>(),
    entry<protocol::DescribeConfigsRequest, handle_describe_configs,
          OnConfigs<Op::describe_configs>>(),
    entry<protocol::DescribeClusterRequest, handle_describe_cluster, InHandler>(),
    entry<protocol::AlterConfigsRequest, handle_alter_configs, OnConfigs<Op::alter_configs>>(),
    entry<protocol::IncrementalAlterConfigsRequest, handle_incremental_alter_configs,
          OnConfigs<Op::alter_configs>>(),
    entry<protocol::CreatePartitionsRequest, handle_create_partitions, OnTopics<Op::alter>>(),
    entry<protocol::DeleteRecordsRequest, handle_delete_records, OnTopics<Op::remove>>(),
    entry<protocol::OffsetForLeaderEpochRequest, handle_offset_for_leader_epoch,
          OnClusterOrTopics<Op::cluster_action, Op::describe>>(),
    entry<protocol::JoinGroupRequest, handle_join_group, OnGroup<Op::read>>(),
    entry<protocol::SyncGroupRequest, handle_sync_group, OnGroup<Op::read>>(),
    entry<protocol::HeartbeatRequest, handle_heartbeat, OnGroup<Op::read>>(),
    entry<protocol::LeaveGroupRequest, handle_leave_group, OnGroup<Op::read>>(),
    entry<protocol::OffsetCommitRequest, handle_offset_commit,
          All<OnGroup<Op::read>, OnTopics<Op::read>>>(),
    entry<protocol::OffsetFetchRequest, handle_offset_fetch, InHandler>(),
    entry<protocol::DescribeGroupsRequest, handle_describe_groups, OnGroups<Op::describe>>(),
    entry<protocol::ListGroupsRequest, handle_list_groups, InHandler>(),
    entry<protocol::DeleteGroupsRequest, handle_delete_groups, OnGroups<Op::remove>>(),
    entry<protocol::OffsetDeleteRequest, handle_offset_delete, OnGroup<Op::remove>>(),
    entry<protocol::TxnOffsetCommitRequest, handle_txn_offset_commit,
          All<OnTransactionalId<Op::write>, OnGroup<Op::read>, OnTopics<Op::read>>>(),
    entry<protocol::WriteTxnMarkersRequest, handle_write_txn_markers,
          OnCluster<Op::alter, Op::cluster_action>>(),
    entry<protocol::DescribeProducersRequest, handle_describe_producers, OnTopics<Op::read>>(),
    entry<protocol::AddPartitionsToTxnRequest, handle_add_partitions_to_txn, OnAddedPartitions>(),
    entry<protocol::AddOffsetsToTxnRequest, handle_add_offsets_to_txn,
          All<OnTransactionalId<Op::write>, OnGroup<Op::read>>>(),
    entry<protocol::EndTxnRequest, handle_end_txn, OnTransactionalId<Op::write>>(),
    entry<protocol::DescribeTransactionsRequest, handle_describe_transactions,
          OnTransactionalIds<Op::describe>>(),
    entry<protocol::ListTransactionsRequest, handle_list_transactions, InHandler>(),
    entry<protocol::DescribeLogDirsRequest, handle_describe_log_dirs, OnCluster<Op::describe>>(),
    entry<protocol::AlterReplicaLogDirsRequest, handle_alter_replica_log_dirs,
          OnCluster<Op::alter>>(),
    entry<protocol::SaslHandshakeRequest, handle_sasl_handshake, Open>(),
    entry<protocol::SaslAuthenticateRequest, handle_sasl_authenticate, Open>(),
    entry<protocol::DescribeUserScramCredentialsRequest, handle_describe_user_scram_credentials,
          OnCluster<Op::describe>>(),
    entry<protocol::AlterUserScramCredentialsRequest, handle_alter_user_scram_credentials,
          OnCluster<Op::alter>>(),
    entry<protocol::DescribeTopicPartitionsRequest, handle_describe_topic_partitions, InHandler>(),
    entry<protocol::UpdateFeaturesRequest, handle_update_features, OnCluster<Op::alter>>(),
    entry<protocol::ElectLeadersRequest, handle_elect_leaders, OnCluster<Op::alter>>(),
    entry<protocol::ListConfigResourcesRequest, handle_list_config_resources,
          OnCluster<Op::describe_configs>>(),
    entry<protocol::AlterPartitionReassignmentsRequest, handle_alter_partition_reassignments,
          OnCluster<Op::alter>>(),
    entry<protocol::ListPartitionReassignmentsRequest, handle_list_partition_reassignments,
          OnCluster<Op::describe>>(),
    entry<protocol::DescribeQuorumRequest, handle_describe_quorum, OnCluster<Op::describe>>(),
    entry<protocol::UnregisterBrokerRequest, handle_unregister_broker, OnCluster<Op::alter>>(),
    entry<protocol::DescribeAclsRequest, handle_describe_acls, OnCluster<Op::describe>>(),
    entry<protocol::CreateAclsRequest, handle_create_acls, OnCluster<Op::alter>>(),
    entry<protocol::DeleteAclsRequest, handle_delete_acls, OnCluster<Op::alter>>(),
    entry<protocol::DescribeClientQuotasRequest, handle_describe_client_quotas,
          OnCluster<Op::describe_configs>>(),
    entry<protocol::AlterClientQuotasRequest, handle_alter_client_quotas,
          OnCluster<Op::alter_configs>>(),
});

const Entry* find_entry(ApiKey key) {
  const auto found = std::find_if(kEntries.begin(), kEntries.end(),
                                  [key](const Entry& entry) { return entry.key == key; });
  return found == kEntries.end() ? nullptr : &*found;
}

Error not_served(const protocol::Api& api, VersionLimits::Range served, std::int16_t version) {
  return Error(ErrorCode::unsupported_version,
               std::string(api.name) + " version " + std::to_string(version) +
                   " is not served; versions " + std::to_string(served.min) + " to " +
                   std::to_string(served.max) + " are");
}

// Carries a request out, and hangs up instead of answering.
class HangUp final : public ReplyTarget {
 public:
  explicit HangUp(Reply reply) : reply_(std::move(reply)) {}
  void on_reply(std::uint64_t, std::vector<base::Segment>) override { hang_up(); }
  void on_last_reply(std::uint64_t, std::vector<base::Segment>, const Error&) override {
    hang_up();
  }
  void on_refusal(std::uint64_t, const Error&) override { hang_up(); }
  void on_mute(std::uint64_t, base::Duration) override {}
  void on_wait(std::uint64_t, base::Task abandon) override {
    reply_.abandon_with(std::move(abandon));
  }

 private:
  void hang_up() { reply_.refuse(Error(ErrorCode::closed, "a test asked for a lost answer")); }

  Reply reply_;
};

}  // namespace

Dispatcher::Dispatcher(Services& services) : services_(services) {
  for (const auto& api : protocol::kApis) {
    if (find_entry(api.key) == nullptr) services_.version_limits.limit(api.key, {0, -1});
  }
}

void Dispatcher::on_frame(const std::shared_ptr<Connection>& connection, Frame frame, Reply reply) {
  const auto request = protocol::read_request(frame.bytes.view());
  if (!request) return reply.refuse(request.error());
  RequestContext context{.frame = std::move(frame.bytes),
                         .charge = std::move(frame.charge),
                         .header = request->header,
                         .connection = connection->id(),
                         .listener = connection->listener(),
                         .peer = connection->peer(),
                         .local = connection->local(),
                         .principal = connection->principal(),
                         .sasl = connection->sasl()};
  const bool known = !context.sasl || context.sasl->was_authenticated();
  if (known && services_.quotas.any_of_clients()) context.quotas = &services_.quotas;
  const auto& api = *request->api;
  if (context.sasl) {
    const auto admitted = context.sasl->admit(api.key, services_.loop.now());
    if (!admitted) return reply.refuse(admitted.error());
  }
  const auto served = services_.version_limits.served(api);
  if (!served.has(context.version()) || find_entry(api.key) == nullptr) {
    if (api.key != ApiKey::api_versions) {
      return reply.refuse(not_served(api, served, context.version()));
    }
    context.header.api_version = 0;
    return Request<protocol::ApiVersionsRequest>{std::move(context), {}, std::move(reply)}.answer(
        unsupported_api_versions(services_.version_limits));
  }
  const auto names = [&](std::string_view topic) {
    return find_entry(api.key)->names(services_, context, request->body, topic);
  };
  if (const auto fault = faults_.take(api.key, names)) {
    return dispatch_with(*fault, std::move(context), request->body, std::move(reply));
  }
  dispatch(std::move(context), request->body, std::move(reply));
}

void Dispatcher::dispatch(RequestContext context, BytesView body, Reply reply) {
  const auto* entry = find_entry(context.header.api_key);
  if (context.quotas == nullptr || !services_.quotas.has(QuotaKind::request)) {
    return entry->carry_out(services_, std::move(context), body, std::move(reply));
  }
  // What the client's name is in.
  const auto frame = context.frame;
  const auto principal = context.principal;
  const QuotaClient who{principal->name, context.header.client_id.value_or("")};
  const base::RealClock clock;
  const auto begun = clock.now();
  const bool exempt = context.header.api_key == ApiKey::write_txn_markers;
  entry->carry_out(services_, std::move(context), body, std::move(reply));
  if (!exempt) services_.quotas.note_time(who, clock.now() - begun);
}

base::Duration Dispatcher::delay_connection(const std::string& host) {
  return services_.quotas.connect(host);
}

void Dispatcher::dispatch_with(const Fault& fault, RequestContext context, BytesView body,
                               Reply reply) {
  switch (fault.kind) {
    case Fault::Kind::fail: {
      const auto* entry = find_entry(context.header.api_key);
      return entry->refuse(fault.error, std::move(context), body, std::move(reply));
    }
    case Fault::Kind::lose:
      return reply.refuse(Error(ErrorCode::closed, "a test asked for a lost request"));
    case Fault::Kind::lose_answer:
      return dispatch(std::move(context), body, Reply(std::make_shared<HangUp>(std::move(reply))));
    case Fault::Kind::delay: {
      const auto when = services_.loop.now() + fault.delay;
      services_.loop.call_at(when, lifetime_.guard([this, context = std::move(context), body,
                                                    reply = std::move(reply)]() mutable {
        dispatch(std::move(context), body, std::move(reply));
      }));
      return;
    }
  }
}

}  // namespace ottla::broker
