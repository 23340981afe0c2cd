package main

import (
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

func selectorOf(app *WebApp) map[string]string {
	return map[string]string{"app.kubernetes.io/name": "web-app", "app.kubernetes.io/instance": app.Name}
}

func labelsOf(app *WebApp) map[string]string {
	labels := selectorOf(app)
	labels["app.kubernetes.io/managed-by"] = "moorage"
	return labels
}

func podLabelsOf(app *WebApp) map[string]string {
	labels := labelsOf(app)
	labels["mcp.moorage.dev/serves"] = "web"
	return labels
}

func childMeta(app *WebApp) metav1.ObjectMeta {
	owner := *metav1.NewControllerRef(app, groupVersion.WithKind("WebApp"))
	return metav1.ObjectMeta{
		Name: app.Name, Namespace: app.Namespace, Labels: labelsOf(app), OwnerReferences: []metav1.OwnerReference{owner},
	}
}

func deploymentOf(app *WebApp) *appsv1.Deployment {
	no := false
	return &appsv1.Deployment{
		TypeMeta:   metav1.TypeMeta{APIVersion: "apps/v1", Kind: "Deployment"},
		ObjectMeta: childMeta(app),
		Spec: appsv1.DeploymentSpec{
			Replicas: &app.Spec.Replicas,
			Selector: &metav1.LabelSelector{MatchLabels: selectorOf(app)},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: podLabelsOf(app)},
				Spec: corev1.PodSpec{
					AutomountServiceAccountToken: &no,
					SecurityContext: &corev1.PodSecurityContext{
						SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
					},
					Containers: []corev1.Container{containerOf(app)},
				},
			},
		},
	}
}

func containerOf(app *WebApp) corev1.Container {
	no := false
	tcp := corev1.ProbeHandler{TCPSocket: &corev1.TCPSocketAction{Port: intstr.FromString("http")}}
	return corev1.Container{
		Name:                     "app",
		Image:                    app.Spec.Image,
		Ports:                    []corev1.ContainerPort{{Name: "http", ContainerPort: app.Spec.Port, Protocol: corev1.ProtocolTCP}},
		Env:                      []corev1.EnvVar{{Name: "PORT", Value: strconv.Itoa(int(app.Spec.Port))}},
		ReadinessProbe:           withDefaults(corev1.Probe{ProbeHandler: tcp}),
		TerminationMessagePolicy: corev1.TerminationMessageFallbackToLogsOnError,
		SecurityContext:          &corev1.SecurityContext{AllowPrivilegeEscalation: &no},
	}
}

// What the server would fill in: DeepDerivative takes a 0 for a wish.
func withDefaults(probe corev1.Probe) *corev1.Probe {
	probe.TimeoutSeconds, probe.PeriodSeconds, probe.SuccessThreshold, probe.FailureThreshold = 1, 10, 1, 3
	return &probe
}

func serviceOf(app *WebApp) *corev1.Service {
	return &corev1.Service{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Service"},
		ObjectMeta: childMeta(app),
		Spec: corev1.ServiceSpec{
			Type:     corev1.ServiceTypeClusterIP,
			Selector: selectorOf(app),
			Ports: []corev1.ServicePort{{
				Name: "http", Port: app.Spec.Port, TargetPort: intstr.FromString("http"), Protocol: corev1.ProtocolTCP,
			}},
		},
	}
}
