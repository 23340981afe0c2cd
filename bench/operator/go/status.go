package main

import (
	"fmt"

	appsv1 "k8s.io/api/apps/v1"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// phaseOf is the state machine of document S3, for apps whose pods do not fail.
func phaseOf(app *WebApp, deployment *appsv1.Deployment) string {
	switch {
	case app.Status.Phase == "":
		return "Created"
	case deployment == nil:
		return "Reconciling"
	case isComplete(app, deployment):
		return "Ready"
	case app.Status.Phase == "Ready" || app.Status.Phase == "Scaling":
		if deployment.Status.UpdatedReplicas == deployment.Status.Replicas {
			return "Scaling"
		}
	}
	return "WaitingForPodsReady"
}

func isComplete(app *WebApp, deployment *appsv1.Deployment) bool {
	status, wanted := deployment.Status, app.Spec.Replicas
	return status.ObservedGeneration == deployment.Generation && *deployment.Spec.Replicas == wanted &&
		status.UpdatedReplicas == wanted && status.AvailableReplicas == wanted && status.Replicas == wanted
}

func statusOf(app *WebApp, deployment *appsv1.Deployment) WebAppStatus {
	var seen appsv1.DeploymentStatus
	if deployment != nil {
		seen = deployment.Status
	}
	status := WebAppStatus{
		ObservedGeneration: app.Generation,
		Phase:              phaseOf(app, deployment),
		Replicas:           seen.Replicas,
		AvailableReplicas:  seen.AvailableReplicas,
		Selector:           "app.kubernetes.io/name=web-app,app.kubernetes.io/instance=" + app.Name,
		Conditions:         append([]metav1.Condition(nil), app.Status.Conditions...),
	}
	for _, condition := range conditionsOf(app, status) {
		condition.ObservedGeneration = app.Generation
		meta.SetStatusCondition(&status.Conditions, condition)
	}
	return status
}

func conditionsOf(app *WebApp, status WebAppStatus) []metav1.Condition {
	count := fmt.Sprintf("%d of %d pods are available", status.AvailableReplicas, app.Spec.Replicas)
	ready := metav1.Condition{Type: "Ready", Status: metav1.ConditionFalse, Reason: status.Phase, Message: count}
	available := metav1.Condition{Type: "Available", Status: metav1.ConditionFalse, Reason: status.Phase, Message: count}
	progressing := metav1.Condition{Type: "Progressing", Status: metav1.ConditionTrue, Reason: status.Phase, Message: count}
	if status.Phase == "Ready" {
		ready.Status, ready.Reason = metav1.ConditionTrue, "AllPodsAvailable"
		progressing.Status, progressing.Message = metav1.ConditionFalse, "Nothing is being changed"
	}
	if status.AvailableReplicas > 0 || app.Spec.Replicas == 0 {
		available.Status, available.Reason = metav1.ConditionTrue, "MinimumReplicasAvailable"
	}
	degraded := metav1.Condition{
		Type: "Degraded", Status: metav1.ConditionFalse, Reason: "AsExpected",
		Message: "Nothing is known to be wrong with what serves",
	}
	return []metav1.Condition{ready, available, progressing, degraded}
}
