#pragma once

#include "broker/handlers/services.h"
#include "protocol/messages/describe_log_dirs.h"

namespace ottla::broker {

// Which partition is in which of log.dirs, how large it is, and what the file systems have left. A
// directory that is offline is there with kafka_storage_error.
void handle_describe_log_dirs(Services& services,
                              Request<protocol::DescribeLogDirsRequest> request);
protocol::DescribeLogDirsResponse refusal(const protocol::DescribeLogDirsRequest& request,
                                          ErrorCode error);

}  // namespace ottla::broker
