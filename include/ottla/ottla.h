#pragma once

// All of Ottla's client: what an application includes.
#include "ottla/admin.h"
#include "ottla/assignor.h"
#include "ottla/consumer.h"
#include "ottla/consumer_group.h"
#include "ottla/error.h"
#include "ottla/future.h"
#include "ottla/interceptor.h"
#include "ottla/logging.h"
#include "ottla/partitioner.h"
#include "ottla/producer.h"
#include "ottla/record.h"
#include "ottla/result.h"
#include "ottla/serde.h"
#include "ottla/typed_producer.h"
#include "ottla/types.h"
#include "ottla/uuid.h"
